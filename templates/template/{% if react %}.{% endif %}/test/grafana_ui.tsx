import * as React from 'react';

interface Props {
  id?: string;
  label?: React.ReactNode;
  htmlFor?: string;
  value?: string | number | boolean;
  children?: React.ReactNode;
}
const input = (kind: string) => ({ id, value }: Props) => <input data-kind={kind} id={id} defaultValue={value === undefined ? '' : String(value)} />;

export const Input = input('input');
export const TextArea = input('text-area');
export const CodeEditor = input('code');
export const Combobox = input('list');
export const MultiCombobox = input('lists');
export const RadioButtonGroup = input('buttons');
export const InlineSwitch = input('switch');
export const SecretInput = input('secret');
export const SecretTextArea = input('secret');
export const TagsInput = input('tags');
export const InlineField = ({ label, htmlFor, children }: Props) => (
  <div>
    <label htmlFor={htmlFor}>{label}</label>
    {children}
  </div>
);
export const FieldSet = ({ label, children }: Props) => (
  <fieldset>
    <legend>{label}</legend>
    {children}
  </fieldset>
);
export const FieldValidationMessage = ({ children }: Props) => <p>{children}</p>;
export const Button = ({ children }: Props) => <button type="button">{children}</button>;
