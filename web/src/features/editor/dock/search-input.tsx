interface SearchInputProps {
  label: string;
  placeholder: string;
  value: string;
  onChange(value: string): void;
  onKeyDown(event: React.KeyboardEvent): void;
  /** The list's id, and the id of the line that the keys stand on. */
  list: string;
  active?: string;
}

/** What a list in the dock is searched with; it keeps the focus while keys go through the list. */
export function SearchInput({ label, placeholder, value, onChange, onKeyDown, list, active }: SearchInputProps) {
  return (
    <input
      role="combobox"
      aria-expanded
      aria-controls={list}
      aria-activedescendant={active}
      aria-label={label}
      placeholder={placeholder}
      // The search was asked for, to be typed into.
      // eslint-disable-next-line jsx-a11y/no-autofocus
      autoFocus
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={onKeyDown}
      className="mx-2 mb-1 h-8 shrink-0 rounded-md border border-line bg-surface px-2.5 text-sm focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0"
    />
  );
}
