import type { Egress, Settings } from './api';
import { orNull, SettingField } from './setting-field';
import { SettingsForm } from './settings-form';

export function RetentionForm({ settings, defaults }: { settings: Settings; defaults?: Egress['defaults'] }) {
  const { runs, bodies, audit } = settings.retention;
  return (
    <SettingsForm
      title="Retention"
      description={
        <>
          How long what is kept, as <span className="font-mono text-xs">30d</span> or <span className="font-mono text-xs">12h</span>. What is older goes within a minute of saving, and for good.
        </>
      }
      saved={{ runs: runs ?? '', bodies: bodies ?? '', audit: audit ?? '' }}
      settings={(texts) => ({ ...settings, retention: { runs: orNull(texts.runs), bodies: orNull(texts.bodies), audit: orNull(texts.audit) } })}
      fields={['retention.runs', 'retention.bodies', 'retention.audit']}
    >
      {(texts, set, error) => (
        <div className="grid gap-4 sm:grid-cols-3">
          <SettingField
            label="Runs"
            at="retention.runs"
            value={texts.runs}
            onChange={set('runs')}
            placeholder={defaults?.retention.runs ? `As the server says: ${defaults.retention.runs}` : 'As the server says'}
            hint="From their end on, with all their steps."
            error={error}
          />
          <SettingField label="Bodies" at="retention.bodies" value={texts.bodies} onChange={set('bodies')} placeholder="As long as the runs" hint="What calls sent and got back, in the records of runs." error={error} />
          <SettingField label="Audit log" at="retention.audit" value={texts.audit} onChange={set('audit')} placeholder="For ever" hint="At least 30 days." error={error} />
        </div>
      )}
    </SettingsForm>
  );
}
