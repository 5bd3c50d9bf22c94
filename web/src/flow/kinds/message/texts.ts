// The texts of a message: one for all, or one for each locale.

/** The locale that stands for all that have no text of their own. */
export const everyone = 'default';

export type Texts = [locale: string, text: string][];

/** What is written, as rows; the one for all others first. */
export function readTexts(text: unknown): Texts {
  if (typeof text === 'string') return [[everyone, text]];
  if (typeof text !== 'object' || text === null) return [[everyone, '']];
  const rows = Object.entries(text).map(([locale, value]): [string, string] => [locale, typeof value === 'string' ? value : JSON.stringify(value)]);
  return [...rows.filter(([locale]) => locale === everyone), ...rows.filter(([locale]) => locale !== everyone)];
}

/** One text alone is written as it is. */
export function writeTexts(rows: Texts): unknown {
  if (rows.length === 1 && rows[0]![0] === everyone) return rows[0]![1];
  return Object.fromEntries(rows);
}

const names = new Intl.DisplayNames(['en'], { type: 'language' });

/** `German (de)`. */
export function localeName(locale: string): string {
  if (locale === everyone) return 'All other languages';
  try {
    const name = names.of(locale);
    return name && name !== locale ? `${name} (${locale})` : locale;
  } catch {
    return locale;
  }
}

/** Those that are offered; any other can be typed. */
export const commonLocales = ['en', 'de', 'fr', 'es', 'it', 'pt', 'pt-BR', 'nl', 'pl', 'sv', 'da', 'fi', 'cs', 'tr', 'ru', 'uk', 'ar', 'he', 'hi', 'ja', 'ko', 'zh', 'zh-TW'];
