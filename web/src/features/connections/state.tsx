import { CircleCheck, CircleDashed, CirclePause, CircleX, Clock, UserRoundX } from 'lucide-react';
import type { ReactNode } from 'react';
import { Badge, type Tone } from '@/shared/ui/badge';
import type { Connection } from './api';

type Known = Pick<Connection, 'disabled' | 'expiresAt' | 'tokenExpiresAt' | 'verification'>;

/** How a connection stands, the gravest first. */
export function stateOf({ disabled, expiresAt, tokenExpiresAt, verification }: Known, needsConsent: boolean, now: number): { label: string; tone: Tone; icon: ReactNode } {
  if (disabled) return { label: 'Disabled', tone: 'neutral', icon: <CirclePause aria-hidden /> };
  if (expiresAt && new Date(expiresAt).getTime() <= now) return { label: 'Expired', tone: 'bad', icon: <Clock aria-hidden /> };
  if (needsConsent && !tokenExpiresAt && !verification?.ok) return { label: 'Not authorised yet', tone: 'warn', icon: <UserRoundX aria-hidden /> };
  if (verification && !verification.ok) return { label: 'Test failed', tone: 'bad', icon: <CircleX aria-hidden /> };
  if (verification) return { label: 'Test passed', tone: 'ok', icon: <CircleCheck aria-hidden /> };
  return { label: 'Not tested', tone: 'neutral', icon: <CircleDashed aria-hidden /> };
}

export function StateBadge({ connection, needsConsent, now }: { connection: Known; needsConsent: boolean; now: number }) {
  const { label, tone, icon } = stateOf(connection, needsConsent, now);
  return (
    <Badge tone={tone} icon={icon}>
      {label}
    </Badge>
  );
}
