export { TriggerPanel, type TriggerPanelProps } from './trigger-panel';
