//! The closed loop: every connection sends its next request when it has its answer.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{Job, PATIENCE, Tally};
use crate::answer::Reader;

/// Keeps `connections` busy for `duration`; the time returned is that until the last answer.
pub fn run(job: &Job, connections: usize, duration: Duration) -> Result<(Tally, Duration)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, drive(Rc::new(job.clone()), connections, duration))
}

async fn drive(job: Rc<Job>, connections: usize, duration: Duration) -> Result<(Tally, Duration)> {
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        streams.push(connect(&job).await?);
    }
    let tally: Rc<RefCell<Tally>> = Rc::default();
    let start = Instant::now();
    let end = start + duration;
    let mut tasks = JoinSet::new();
    for mut stream in streams {
        let (job, tally) = (Rc::clone(&job), Rc::clone(&tally));
        tasks.spawn_local(async move {
            let mut reader = Reader::default();
            while Instant::now() < end {
                let sent = Instant::now();
                let answered = exchange(&mut stream, &mut reader, &job).await;
                match answered {
                    Ok(None) => tally.borrow_mut().right(sent.elapsed()),
                    Ok(Some(wrong)) => tally.borrow_mut().wrong(wrong),
                    Err(error) => {
                        tally.borrow_mut().wrong(format!("{error:#}"));
                        let Ok(again) = connect(&job).await else { break };
                        (stream, reader) = (again, Reader::default());
                    }
                }
            }
        });
    }
    let all = async { while tasks.join_next().await.is_some() {} };
    let in_time = tokio::time::timeout(duration + PATIENCE, all).await;
    let elapsed = start.elapsed();
    for _ in 0..tasks.len() {
        tally.borrow_mut().wrong("no answer in time".to_owned());
    }
    if in_time.is_err() {
        tasks.shutdown().await;
    }
    Ok((tally.take(), elapsed))
}

async fn connect(job: &Job) -> Result<TcpStream> {
    let stream = TcpStream::connect(job.address)
        .await
        .with_context(|| format!("cannot connect to {}", job.address))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// None where the answer is right, else what it was.
async fn exchange(stream: &mut TcpStream, reader: &mut Reader, job: &Job) -> Result<Option<String>> {
    stream.write_all(&job.request).await?;
    loop {
        if stream.read_buf(&mut reader.buffer).await? == 0 {
            bail!("the connection was closed before the answer");
        }
        if let Some(judged) = reader.answered(|status, body| job.expect.judge(status, body))? {
            return Ok(judged);
        }
    }
}
