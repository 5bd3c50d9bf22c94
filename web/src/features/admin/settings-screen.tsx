import { useQuery } from '@tanstack/react-query';
import { useSession } from '@/shared/api/session';
import { Page } from '@/shared/ui/page';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import { AdminOnly } from './admin-only';
import { egressQuery, settingsQuery } from './api';
import { EgressPolicy } from './egress-policy';
import { Orgs } from './orgs';
import { RetentionForm } from './retention-form';
import { RouteForm } from './route-form';

export function SettingsScreen() {
  return (
    <AdminOnly title="Settings">
      <Sections />
    </AdminOnly>
  );
}

function Sections() {
  const org = useSession().org;
  const settings = useQuery(settingsQuery);
  const egress = useQuery(egressQuery);
  return (
    <Page title="Settings" description={`How the organisation “${org}” keeps what it records, and how its calls leave.`}>
      {settings.isPending && <Skeleton rows={8} label="Loading the settings" />}
      {settings.isError && <ErrorState error={settings.error} onRetry={() => void settings.refetch()} />}
      {settings.data && <RetentionForm settings={settings.data} defaults={egress.data?.defaults} />}
      {settings.data && <RouteForm settings={settings.data} server={egress.data} />}
      {settings.data && <EgressPolicy egress={egress.data} error={egress.error} onRetry={() => void egress.refetch()} />}
      {settings.data && org === 'default' && <Orgs />}
    </Page>
  );
}
