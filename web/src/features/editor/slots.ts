// Parts of the flow layer that are loaded when the editor first shows them.
import { lazy } from 'react';

/** The form for kinds without a panel of their own. */
export const GeneralPanel = lazy(() => import('@/flow/schema-form').then((module) => ({ default: module.SchemaForm })));

export const TriggerPanel = lazy(() => import('@/flow/trigger-panel').then((module) => ({ default: module.TriggerPanel })));

export const TestCall = lazy(() => import('@/flow/test-call').then((module) => ({ default: module.TestCall })));

export const TryPanel = lazy(() => import('@/flow/try').then((module) => ({ default: module.TryPanel })));
