export { TryPanel, type TryPanelProps } from './try-panel';
