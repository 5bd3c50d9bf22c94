//! The environment over the file: `CALLOUT_SECTION_KEY`.

use anyhow::{Context, Result, bail};

use super::Config;

/// The sections whose keys the environment may set.
const SECTIONS: [&str; 6] = ["egress", "server", "store", "secrets", "runs", "log"];

/// The keys that take lists.
const LISTS: [&str; 4] = ["allow", "http_hosts", "dns", "ports"];

/// The keys that take a text whatever it looks like.
const TEXTS: [&str; 10] = [
    "data",
    "proxy",
    "public_url",
    "retention",
    "master_key_file",
    "master_key_env",
    "master_key_command",
    "former_keys_file",
    "former_keys_env",
    "former_keys_command",
];

/// Puts `CALLOUT_EGRESS_HTTP_HOSTS=a,b` over `[egress] http_hosts`, and so on.
pub(super) fn overlay(
    table: &mut toml::Table,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<()> {
    for (name, text) in environment {
        let Some((section, key)) = section_and_key(&name) else { continue };
        let value = value_of(&key, &text);
        let keys = table.entry(section).or_insert_with(|| toml::Table::new().into());
        let Some(keys) = keys.as_table_mut() else { bail!("[{section}] is not a table") };
        keys.insert(key.clone(), value.clone());
        let one =
            toml::Table::from_iter([(section.to_owned(), toml::Table::from_iter([(key, value)]).into())]);
        one.try_into::<Config>().with_context(|| format!("in the environment variable {name}"))?;
    }
    Ok(())
}

fn section_and_key(name: &str) -> Option<(&'static str, String)> {
    let rest = name.strip_prefix("CALLOUT_")?.to_ascii_lowercase();
    SECTIONS.into_iter().find_map(|section| {
        let key = rest.strip_prefix(section)?.strip_prefix('_')?;
        Some((section, key.to_owned()))
    })
}

/// The value of a key from the environment: TOML, or a bare text; a list also as its items with commas between.
fn value_of(key: &str, text: &str) -> toml::Value {
    if TEXTS.contains(&key) {
        return text.into();
    }
    let scalar = |text: &str| match toml::from_str::<toml::Table>(&format!("value = {text}")) {
        Ok(mut table) => table.remove("value").unwrap_or_else(|| text.into()),
        Err(_) => text.into(),
    };
    match scalar(text) {
        value if value.is_array() || !LISTS.contains(&key) => value,
        _ => text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(scalar)
            .collect::<Vec<_>>()
            .into(),
    }
}
