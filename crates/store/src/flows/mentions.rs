//! Flows whose documents hold a text: those that may use a connection or an integration.

use callout_flow::id::OrgId;

use super::{Document, like};
use crate::runs::Page;
use crate::value::{Row, values};
use crate::{Store, StoreError};

/// A document of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub slug: String,
    pub name: String,
    /// The latest published version; none for the draft.
    pub version: Option<u32>,
    pub document: Document,
}

impl Store {
    /// The drafts and the latest published versions that hold a text, by the flow's number, the draft first; so many at
    /// most.
    pub async fn mentions(&self, org: &OrgId, text: &str, limit: usize) -> Result<Page<Mention>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(Page::empty()) };
        let rows =
            self.backend().query(mentions_sql(), values![org, like(text), Page::<Mention>::ask(limit)]);
        let mention = |mut row: Row| {
            Ok(Mention {
                slug: row.text(1)?,
                name: row.text(2)?,
                version: row.opt_number(3)?,
                document: Document { text: row.text(4)?, json: row.flag(5)? },
            })
        };
        let mentions: Vec<Mention> =
            rows.await?.into_iter().map(mention).collect::<Result<_, StoreError>>()?;
        Ok(Page::cut(mentions, limit))
    }
}

/// `LIKE` takes upper and lower case for the same, which finds some that are none: whoever asks reads the documents.
fn mentions_sql() -> String {
    let holds = r"LIKE $2 ESCAPE '\'";
    format!(
        "SELECT f.number, f.slug, f.name, NULL, f.text, f.json FROM flow f
        WHERE f.org = $1 AND f.removed_at IS NULL AND f.text {holds}
        UNION ALL
        SELECT f.number, f.slug, f.name, v.version, v.text, v.json
        FROM flow f JOIN flow_version v ON v.org = f.org AND v.number = f.number AND v.version = f.version
        WHERE f.org = $1 AND f.removed_at IS NULL AND v.text {holds}
        ORDER BY 1, 4 LIMIT $3"
    )
}
