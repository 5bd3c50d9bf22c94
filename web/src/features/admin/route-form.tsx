import type { Egress, Settings } from './api';
import { orNull, SettingField } from './setting-field';
import { SettingsForm } from './settings-form';

export function RouteForm({ settings, server }: { settings: Settings; server?: Egress }) {
  const { sourceAddress, proxy } = settings.egress ?? {};
  const asServer = (value: string | null | undefined, none: string) => (server ? `As the server says: ${value || none}` : 'As the server says');
  return (
    <SettingsForm
      title="Where calls leave from"
      description="Receivers that let only known addresses in need to know these. Test calls and token fetches leave the same way."
      saved={{ sourceAddress: sourceAddress ?? '', proxy: proxy ?? '' }}
      settings={(texts) => ({ ...settings, egress: { sourceAddress: orNull(texts.sourceAddress), proxy: orNull(texts.proxy) } })}
      fields={['egress.sourceAddress', 'egress.proxy']}
    >
      {(texts, set, error) => (
        <div className="grid gap-4 sm:grid-cols-2">
          <SettingField
            label="Source address"
            at="egress.sourceAddress"
            value={texts.sourceAddress}
            onChange={set('sourceAddress')}
            placeholder={asServer(server?.sourceAddress, 'the system chooses')}
            hint="A local address of the machine that Callout runs on."
            error={error}
          />
          <SettingField
            label="Proxy"
            at="egress.proxy"
            value={texts.proxy}
            onChange={set('proxy')}
            placeholder={asServer(server?.proxy, 'none')}
            hint="One that opens tunnels, as http://proxy.example:3128, without a password."
            error={error}
          />
        </div>
      )}
    </SettingsForm>
  );
}
