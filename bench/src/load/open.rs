//! The open loop: requests are due at a fixed rate, whether or not earlier ones have been answered.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::{Job, PATIENCE, Tally};
use crate::answer::Reader;

/// How late the kernel may wake a thread: its default of 50 µs would stand in every latency.
const TIMER_SLACK_NANOS: u64 = 1;
/// Bytes read at once.
const READ_BYTES: usize = 64 << 10;

/// When each of `count` requests is due.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    pub per_second: u64,
    pub count: u64,
}

impl Schedule {
    pub fn lasting(per_second: u64, duration: Duration) -> Self {
        Self { per_second, count: (per_second as f64 * duration.as_secs_f64()).round() as u64 }
    }

    /// How long after the start the request with this ordinal, from 0, is due; None past the last.
    pub fn due(&self, ordinal: u64) -> Option<Duration> {
        let nanos = u128::from(ordinal) * 1_000_000_000 / u128::from(self.per_second.max(1));
        (ordinal < self.count).then(|| Duration::from_nanos(nanos as u64))
    }
}

/// Sends what is due from as many threads as `connections`: so many requests can be in flight before one is sent late.
/// Latency counts from the moment a request was due, so a server that stalls cannot hide it. The time returned is that
/// until the last answer.
pub fn run(job: &Job, schedule: Schedule, connections: usize, tally: &Mutex<Tally>) -> Result<Duration> {
    let next = AtomicU64::new(0);
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        streams.push(connect(job)?);
    }
    let start = Instant::now();
    std::thread::scope(|scope| {
        for stream in streams {
            scope.spawn(|| work(job, schedule, &next, start, stream, tally));
        }
    });
    Ok(start.elapsed())
}

/// What others have tallied stays true when one of them panics.
pub fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(job: &Job) -> Result<TcpStream> {
    let stream = TcpStream::connect(job.address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn work(
    job: &Job,
    schedule: Schedule,
    next: &AtomicU64,
    start: Instant,
    mut stream: TcpStream,
    tally: &Mutex<Tally>,
) {
    // Where the kernel refuses, latencies of all servers are some 50 µs longer.
    let _ = nix::sys::prctl::set_timerslack(TIMER_SLACK_NANOS);
    let mut reader = Reader::default();
    let mut space = vec![0; READ_BYTES];
    while let Some(due) = schedule.due(next.fetch_add(1, Ordering::Relaxed)) {
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        let answered = exchange(&mut stream, &mut reader, &mut space, job);
        let latency = start.elapsed().saturating_sub(due);
        match answered {
            Ok(None) => lock(tally).right(latency),
            Ok(Some(wrong)) => lock(tally).wrong(wrong),
            Err(error) => {
                lock(tally).wrong(format!("{error:#}"));
                let Ok(again) = connect(job) else { break };
                (stream, reader) = (again, Reader::default());
            }
        }
    }
}

/// None where the answer is right, else what it was.
fn exchange(
    stream: &mut TcpStream,
    reader: &mut Reader,
    space: &mut [u8],
    job: &Job,
) -> Result<Option<String>> {
    stream.write_all(&job.request)?;
    loop {
        let read = stream.read(space)?;
        if read == 0 {
            bail!("the connection was closed before the answer");
        }
        reader.buffer.extend_from_slice(&space[..read]);
        if let Some(judged) = reader.answered(|status, body| job.expect.judge(status, body))? {
            return Ok(judged);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Schedule;

    #[test]
    fn requests_are_due_at_the_rate_without_drift() {
        let schedule = Schedule::lasting(300, Duration::from_secs(7200));
        assert_eq!(schedule.count, 2_160_000);
        assert_eq!(schedule.due(0), Some(Duration::ZERO));
        assert_eq!(schedule.due(1), Some(Duration::from_nanos(3_333_333)));
        assert_eq!(schedule.due(300 * 3600), Some(Duration::from_secs(3600)));
        assert_eq!(schedule.due(2_160_000), None);
    }
}
