export { TestCall } from './test-call';
