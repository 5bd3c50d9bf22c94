import { Fragment } from 'react';
import { Code } from './code';

/** A sentence of the server's, what stands between backticks shown as code. */
export function Words({ text }: { text: string }) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? <Code key={index}>{part || '""'}</Code> : <Fragment key={index}>{part}</Fragment>));
}
