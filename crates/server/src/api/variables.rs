//! Which variables there are at each node of a draft, for whoever writes a template there.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use callout_flow::check::{Variable, VariablesAt, variables_at};
use callout_flow::read::sketch_flow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Viewer};
use super::path::Path;
use super::problem::ApiProblem;
use super::publish::find_draft;
use super::query::{Query, short};
use super::surroundings::around;
use super::{Shared, json, off_thread};
use crate::document::Reading;

/// The most variables that an answer names, over all nodes: of a large flow the nodes are asked for one by one.
const NAMED_MAX: usize = 20_000;

/// Which node to tell of.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NodeQuery {
    /// Only this node.
    #[param(max_length = 200)]
    node: Option<String>,
}

/// A variable as it stands when a node is entered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Variable)]
pub struct VariableView {
    name: String,
    /// It is set on every way to the node; where it is false, it may be unset.
    certain: bool,
    /// The nodes that set it, the first 20 of them.
    set_by: Vec<String>,
    /// `string`, `number`, `boolean`, `date`, `list` or `object`; null where that is not known.
    #[serde(rename = "type")]
    kind: Option<&'static str>,
}

/// The variables of a draft.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Variables)]
pub struct VariablesView {
    /// By node, those that may be set when it is entered.
    nodes: BTreeMap<String, Vec<VariableView>>,
    /// Whether all nodes that were asked for are there: an answer names at most 20 000 variables. Ask for the others with `node`.
    complete: bool,
}

impl From<Variable> for VariableView {
    fn from(variable: Variable) -> Self {
        let Variable { name, certain, set_by, kind } = variable;
        Self { name, certain, set_by, kind }
    }
}

/// List the variables at each node of a draft.
///
/// A draft may be half-drawn or wrong: what can be read of it counts, and where nothing leads to a node yet, it is taken as a
/// beginning.
#[utoipa::path(get, path = "/v1/flows/{slug}/draft/variables", operation_id = "listVariables", tag = "flows",
    params(("slug" = String, Path, description = "The flow's slug."), NodeQuery),
    responses((status = 200, description = "The variables.", body = VariablesView)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn list(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    Query(query): Query<NodeQuery>,
) -> Result<Response, ApiProblem> {
    let document = find_draft(&api, caller.org(), &slug).await?.document;
    let draft = off_thread(move || {
        let reading = Reading::of_document(&document);
        let sketched = reading.read.tree.as_ref().and_then(sketch_flow);
        reading.read.draft.or(sketched)
    })
    .await?;
    let Some(draft) = draft else {
        return Ok(json(&VariablesView { nodes: BTreeMap::new(), complete: true }));
    };
    let around = around(&api, caller.org(), [&draft], None).await?;
    let node = short("node", query.node)?;
    let view = off_thread(move || {
        let wanted = |id: &str| node.as_deref().is_none_or(|node| node == id);
        let VariablesAt { nodes, complete } = variables_at(&draft, Some(&around.known), wanted, NAMED_MAX);
        let view = |(id, variables): (String, Vec<Variable>)| {
            (id, variables.into_iter().map(VariableView::from).collect())
        };
        VariablesView { nodes: nodes.into_iter().map(view).collect(), complete }
    });
    Ok(json(&view.await?))
}
