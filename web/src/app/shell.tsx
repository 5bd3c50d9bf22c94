// The frame around every screen: the ways through the page, and who is at it.
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useMatchRoute, useNavigate } from '@tanstack/react-router';
import { Activity, Blocks, KeyRound, LogOut, Menu as MenuIcon, Monitor, Moon, ScrollText, Settings, Sun, Ticket, UserRound, Users, WifiOff, Workflow, X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { api, unwrap, type Role } from '@/shared/api/client';
import { useMay, useSession } from '@/shared/api/session';
import { cn } from '@/shared/lib/cn';
import { useOnline } from '@/shared/lib/hooks';
import { setTheme, useTheme, type Theme } from '@/shared/lib/theme';
import { IconButton } from '@/shared/ui/button';
import { Menu } from '@/shared/ui/menu';
import { toastError } from '@/shared/ui/toast';

interface Way {
  to: '/flows' | '/runs' | '/integrations' | '/connections' | '/audit' | '/members' | '/tokens' | '/settings';
  label: string;
  icon: ReactNode;
  needs: Role;
}

const ways: Way[] = [
  { to: '/flows', label: 'Flows', icon: <Workflow />, needs: 'viewer' },
  { to: '/runs', label: 'Runs', icon: <Activity />, needs: 'viewer' },
  { to: '/integrations', label: 'Integrations', icon: <Blocks />, needs: 'viewer' },
  { to: '/connections', label: 'Connections', icon: <KeyRound />, needs: 'viewer' },
];

const adminWays: Way[] = [
  { to: '/audit', label: 'Audit', icon: <ScrollText />, needs: 'admin' },
  { to: '/members', label: 'Members', icon: <Users />, needs: 'admin' },
  { to: '/tokens', label: 'Tokens', icon: <Ticket />, needs: 'admin' },
  { to: '/settings', label: 'Settings', icon: <Settings />, needs: 'admin' },
];

export function Shell() {
  const editing = Boolean(useMatchRoute()({ to: '/flows/$slug' }));
  const online = useOnline();
  const [menuOpen, setMenuOpen] = useState(false);
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded focus:bg-surface focus:p-2">
        Skip to the content
      </a>
      <header className="flex h-12 shrink-0 items-center justify-between border-b bg-surface px-3 md:hidden">
        <Brand />
        <IconButton label={menuOpen ? 'Close the menu' : 'Open the menu'} icon={menuOpen ? <X /> : <MenuIcon />} aria-expanded={menuOpen} onClick={() => setMenuOpen(!menuOpen)} />
      </header>
      <Sidebar narrow={editing} open={menuOpen} onLeave={() => setMenuOpen(false)} />
      <main id="main" tabIndex={-1} className="flex min-h-0 min-w-0 flex-1 flex-col overflow-auto outline-none">
        {!online && (
          <p role="status" className="flex items-center gap-2 bg-warn-soft px-4 py-1.5 text-warn">
            <WifiOff aria-hidden className="size-4" />
            You are offline. What is shown may be old; what you edit is saved when the network is back.
          </p>
        )}
        <Outlet />
      </main>
    </div>
  );
}

function Brand({ narrow }: { narrow?: boolean }) {
  return (
    <Link to="/flows" aria-label="Callout: flows" className="flex items-center gap-2 rounded font-semibold">
      <img src="/favicon.svg" alt="" className="size-6" />
      {!narrow && 'Callout'}
    </Link>
  );
}

function Sidebar({ narrow, open, onLeave }: { narrow: boolean; open: boolean; onLeave(): void }) {
  const isAdmin = useMay('admin');
  return (
    <aside className={cn('shrink-0 flex-col border-r bg-surface md:flex', narrow ? 'md:w-14' : 'md:w-52', open ? 'flex max-md:flex-1 max-md:overflow-auto' : 'max-md:hidden')}>
      <div className={cn('hidden h-14 items-center md:flex', narrow ? 'justify-center' : 'px-4')}>
        <Brand narrow={narrow} />
      </div>
      <nav aria-label="Main" className="flex flex-1 flex-col gap-0.5 p-2">
        {ways.map((way) => (
          <NavLink key={way.to} way={way} narrow={narrow} onLeave={onLeave} />
        ))}
        {isAdmin && <div className="mx-2 my-2 border-t" />}
        {isAdmin && adminWays.map((way) => <NavLink key={way.to} way={way} narrow={narrow} onLeave={onLeave} />)}
      </nav>
      <Person narrow={narrow} />
    </aside>
  );
}

function NavLink({ way, narrow, onLeave }: { way: Way; narrow: boolean; onLeave(): void }) {
  return (
    <Link
      to={way.to}
      onClick={onLeave}
      title={narrow ? way.label : undefined}
      className={cn(
        'flex h-8 items-center gap-2.5 rounded-md px-2 text-ink-2 hover:bg-hover hover:text-ink max-md:h-11 [&_svg]:size-4 [&_svg]:shrink-0',
        'aria-[current=page]:bg-hover aria-[current=page]:font-medium aria-[current=page]:text-ink',
        narrow && 'md:justify-center',
      )}
    >
      {way.icon}
      <span className={cn(narrow && 'md:sr-only')}>{way.label}</span>
    </Link>
  );
}

const themes: { value: Theme; label: string; icon: ReactNode }[] = [
  { value: 'light', label: 'Light', icon: <Sun /> },
  { value: 'dark', label: 'Dark', icon: <Moon /> },
  { value: 'system', label: 'As the system', icon: <Monitor /> },
];

function Person({ narrow }: { narrow: boolean }) {
  const session = useSession();
  const theme = useTheme();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const logOut = async () => {
    try {
      await unwrap(api.DELETE('/v1/session'));
      queries.clear();
      await navigate({ to: '/login' });
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <div className="border-t p-2">
      <Menu
        label="You"
        align="start"
        trigger={
          <button type="button" aria-label={`You: ${session.name}`} className={cn('flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-hover', narrow && 'md:justify-center')}>
            <UserRound aria-hidden className="size-4 shrink-0 text-ink-3" />
            <span className={cn('min-w-0', narrow && 'md:hidden')}>
              <span className="block truncate font-medium">{session.name}</span>
              <span className="block truncate text-xs text-ink-3">
                {session.role} · {session.org}
              </span>
            </span>
          </button>
        }
        items={[
          ...themes.map(({ value, label, icon }) => ({ label: value === theme ? `${label} ✓` : label, icon, onSelect: () => setTheme(value) })),
          null,
          { label: 'Change password', icon: <KeyRound />, disabled: session.kind !== 'member', onSelect: () => void navigate({ to: '/password' }) },
          { label: 'Log out', icon: <LogOut />, onSelect: () => void logOut() },
        ]}
      />
    </div>
  );
}
