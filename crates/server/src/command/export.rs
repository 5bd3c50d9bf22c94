//! `callout export`: what is here in the words of others.

use anyhow::{Context, Result};
use callout_flow::id::OrgId;
use callout_flow::run::Start;

use crate::Exit;
use crate::args::NodeArgs;
use crate::command::ready::Ready;
use crate::command::run::find_node;
use crate::report::{ERROR, WARNING, paint, visible};

pub fn curl(args: &NodeArgs) -> Result<Exit> {
    let Some(ready) = Ready::load(&args.flow, &args.input)? else { return Ok(Exit::WrongInput) };
    let flow = ready.flow();
    let at = find_node(&flow, &args.node)?;
    let start = Start { at: Some(at), single: true, ..ready.start(&args.input, &flow)? };
    let flow = &*flow;
    let mut run = ready.engine.begin(flow, start);
    let exported = ready.runtime.block_on(ready.engine.export_curl(&OrgId::default_org(), flow, &mut run));
    let exported = exported?.with_context(|| format!("`{}` calls no API: name an `apiCall`", args.node))?;
    match exported {
        Ok(exported) if args.input.json => anstream::println!("{}", serde_json::to_string_pretty(&exported)?),
        Ok(exported) => {
            anstream::println!("{}", exported.command);
            if !exported.variables.is_empty() {
                anstream::eprintln!("set before: {}", exported.variables.join(", "));
            }
            for note in &exported.notes {
                anstream::eprintln!("{} {}", paint("note", WARNING), visible(note));
            }
        }
        Err(invalid) => {
            for one in invalid {
                anstream::eprintln!("{} {}: {}", paint("invalid", ERROR), one.at, visible(&one.message));
            }
            return Ok(Exit::Failed);
        }
    }
    Ok(Exit::Completed)
}
