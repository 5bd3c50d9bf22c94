export { diffQuery, type Change, type IntegrationDiff as IntegrationDiffDoc } from './api';
export { DiffView } from './diff-view';
export { IntegrationDiff } from './integration-diff';
