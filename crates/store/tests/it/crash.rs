//! A process is killed in the middle: what it was told to be durable is there, and nothing is there by half.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use callout_flow::id::{OrgId, RunId};
use callout_store::{RunFilter, RunStatus};

use crate::world::{World, at, begun, first, going, id, later, open, over};
use callout_testkit::child::{child, folder};

/// Lines that the child says before it is killed.
const LINES: usize = 400;
const TASKS: u64 = 8;
/// Records of each run: one begins it, the last ends it.
const RECORDS: u32 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_durable_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = child("crash::child_that_is_killed", folder.path());
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut said: HashMap<RunId, u32> = HashMap::new();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    for line in lines.filter(|line| line.starts_with("run_")).take(LINES) {
        let (run, seq) = line.split_once(' ').unwrap();
        said.insert(RunId::new(run), seq.parse().unwrap());
    }
    process.kill().unwrap();
    process.wait().unwrap();

    let world = World { store: open(folder.path()), org: OrgId::default_org(), _folder: None };
    let mut leased = 0;
    for run in world.list(&RunFilter::default()).await {
        let row = world.run(&run).await;
        let numbers: Vec<u32> = row.parts.iter().map(|(number, _, _)| *number).collect();
        assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>());
        for (number, steps, _) in &row.parts {
            assert_eq!(steps, format!("\"{number}\"").as_bytes());
        }
        let whole = numbers.len() == RECORDS as usize;
        assert_eq!(row.line.status, if whole { RunStatus::Completed } else { RunStatus::Running });
        assert_eq!((row.tail.is_some(), row.state.is_some()), (whole, !whole));
        // Nobody has it any more.
        assert_eq!(row.line.due, (!whole).then(|| at(0)));
        leased += usize::from(!whole);
        assert!(numbers.len() as u32 >= said.remove(&run).unwrap_or(0));
    }
    assert!(said.is_empty(), "said to be durable, and not there: {said:?}");
    assert_eq!(world.claim(0, 1000).await.len(), leased);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_is_killed() {
    let Some(folder) = folder() else { return };
    let store = open(&folder);
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let world = World { store: store.clone(), org: OrgId::default_org(), _folder: None };
            tokio::spawn(async move {
                for number in 0.. {
                    let run = id(number * TASKS + task);
                    for seq in 1..=RECORDS {
                        let stand = if seq == RECORDS { over(9, RunStatus::Completed) } else { going() };
                        world
                            .record(match seq {
                                1 => first(&run, begun(1), stand),
                                _ => later(&run, world.store.boot_epoch(), seq, stand),
                            })
                            .await;
                        // In one write: the lines of tasks must not mix.
                        std::io::stdout().write_all(format!("\n{run} {seq}\n").as_bytes()).unwrap();
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
