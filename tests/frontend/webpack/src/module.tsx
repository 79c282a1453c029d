import { DataSourcePlugin } from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv } from '@grafana/runtime';
import { Alert, InlineField, Input, SecretInput } from '@grafana/ui';
import { css } from '@emotion/css';
import { capitalize } from 'lodash';
import React, { lazy, Suspense } from 'react';
import logo from './logo.svg';

const HandMade = lazy(() => import(/* webpackChunkName: "editor" */ './Editor'));

class DataSource extends DataSourceWithBackend<any, any> {
  annotations = {};
  getDefaultQuery() {
    return { station: 'berlin', alias: '' };
  }
  filterQuery(query: any) {
    return Boolean(query.station);
  }
  applyTemplateVariables(query: any, scopedVars: any) {
    return { ...query, alias: getTemplateSrv().replace(query.alias, scopedVars) };
  }
}

function ConfigEditor({ options, onOptionsChange }: any) {
  const { jsonData, secureJsonFields, secureJsonData } = options;
  return (
    <>
      <img src={logo} alt="logo of the bundle" className={css({ width: 24, height: 24 })} />
      <InlineField label={capitalize('address')} labelWidth={20} htmlFor="address">
        <Input id="address" value={jsonData.url ?? ''} width={40} onChange={(event: any) => onOptionsChange({ ...options, jsonData: { ...jsonData, url: event.target.value } })} />
      </InlineField>
      <InlineField label="Key" labelWidth={20} htmlFor="key">
        <SecretInput
          id="key" width={40} isConfigured={Boolean(secureJsonFields?.api_key)} value={secureJsonData?.api_key ?? ''}
          onReset={() => onOptionsChange({ ...options, secureJsonFields: { ...secureJsonFields, api_key: false }, secureJsonData: { api_key: '' } })}
          onChange={(event: any) => onOptionsChange({ ...options, secureJsonData: { api_key: event.target.value } })}
        />
      </InlineField>
    </>
  );
}

function QueryEditor(props: any) {
  return (
    <Suspense fallback={<Alert severity="info" title="The chunk is on its way" />}>
      <HandMade {...props} />
    </Suspense>
  );
}

export const plugin = new DataSourcePlugin<any, any, any, any>(DataSource).setConfigEditor(ConfigEditor).setQueryEditor(QueryEditor);
