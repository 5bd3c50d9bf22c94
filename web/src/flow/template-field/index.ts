export { ExpressionField, JsonField, TemplateField, XmlField, type TemplateFieldProps } from './template-field';
export { useRendered, type Position, type Rendered } from './render';
export { hasHole } from './holes';
