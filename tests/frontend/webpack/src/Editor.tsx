import { InlineField, Input } from '@grafana/ui';
import React from 'react';
import { Subject } from 'rxjs';
import './editor.css';

const typed = new Subject<string>();

export default function Editor({ query, onChange, onRunQuery }: any) {
  React.useEffect(() => {
    const told = typed.subscribe((alias) => onChange({ ...query, alias }));
    return () => told.unsubscribe();
  });
  return (
    <div className="of-the-bundle">
      <InlineField label="Name" htmlFor="name">
        <Input id="name" value={query.alias ?? ''} onChange={(event: any) => typed.next(event.target.value)} onBlur={onRunQuery} />
      </InlineField>
    </div>
  );
}
