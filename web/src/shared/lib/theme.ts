// Light or dark: as the person chose, else as the system says.
import { useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark' | 'system';

const key = 'callout.theme';
const system = () => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
const watchers = new Set<() => void>();

function chosen(): Theme {
  const value = localStorage.getItem(key);
  return value === 'light' || value === 'dark' ? value : 'system';
}

function apply() {
  const theme = chosen();
  document.documentElement.dataset.theme = theme === 'system' ? system() : theme;
  watchers.forEach((watcher) => watcher());
}

export function setTheme(theme: Theme) {
  if (theme === 'system') localStorage.removeItem(key);
  else localStorage.setItem(key, theme);
  apply();
}

function subscribe(watcher: () => void) {
  watchers.add(watcher);
  const query = matchMedia('(prefers-color-scheme: dark)');
  query.addEventListener('change', apply);
  return () => {
    watchers.delete(watcher);
    query.removeEventListener('change', apply);
  };
}

/** What the person chose. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, chosen);
}
