//! What a seed stands for: a flow, and the points at which its server is killed.

use std::fmt::Write as _;

/// Kills of one seed beside those during a start. A run may be taken up five times at one position, and each kill
/// costs it one.
const KILLS_MAX: u64 = 3;
/// Kills during a start, in a seed that has them.
const START_KILLS_MAX: u64 = 2;

/// A call of the chain, by what may be done with it after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Get,
    Put,
    Keyed,
    Post,
    Patch,
}

/// When the server is killed, as its upstream sees a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The intent is recorded, and the upstream does not take the connection.
    Unsent,
    /// The upstream has the beginning of the body and reads no more.
    PartSent,
    /// The upstream has all of the request and says nothing.
    Sent,
    /// The upstream has said half of its answer.
    HalfAnswered,
    /// The upstream has answered: the record may be on its way, or done.
    Answered,
    /// The upstream has answered 503, and the next attempt's time has not come.
    Parked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kill {
    At(Kind, Point),
    /// In a `wait` node.
    Waiting,
    /// Among callers who post.
    Accepting,
    /// So many times while it starts and takes up what the kill before interrupted.
    Starting(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    Call { kind: Kind, retries: bool },
    Message,
    Wait,
}

/// All that follows from a seed.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub nodes: Vec<Node>,
    /// How often a run goes through the chain.
    pub laps: usize,
    /// Connections of the upstream are used again.
    pub keeps_connections: bool,
    pub kills: Vec<Kill>,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Get, Self::Put, Self::Keyed, Self::Post, Self::Patch];

    pub fn method(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Keyed | Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }

    /// Whether it may be sent again when nobody knows what became of it.
    pub fn may_repeat(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }
}

impl Point {
    const ALL: [Self; 6] =
        [Self::Unsent, Self::PartSent, Self::Sent, Self::HalfAnswered, Self::Answered, Self::Parked];
}

impl Kill {
    /// Every point with every kind of call, and the others.
    pub fn cells() -> Vec<Self> {
        let calls = Point::ALL.iter().flat_map(|point| Kind::ALL.iter().map(|kind| Self::At(*kind, *point)));
        calls.chain([Self::Waiting, Self::Accepting, Self::Starting(1)]).collect()
    }
}

/// Numbers that follow from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`.
    pub fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

impl Plan {
    /// The first kill of `cells().len()` seeds in a row is each of the cells once; all else is drawn.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let cells = Kill::cells();
        let mut kills = vec![cells[usize::try_from(seed % cells.len() as u64).unwrap()]];
        for _ in 0..dice.below(KILLS_MAX) {
            kills.push(dice.pick(&cells[..cells.len() - 1]));
        }
        if let Kill::Starting(times) = &mut kills[0] {
            *times += dice.below(START_KILLS_MAX);
        }
        let mut kinds = Kind::ALL.to_vec();
        for at in (1..kinds.len()).rev() {
            kinds.swap(at, usize::try_from(dice.below(at as u64 + 1)).unwrap());
        }
        let mut nodes = Vec::new();
        let waits_before = dice.below(3 * kinds.len() as u64);
        for (at, kind) in kinds.into_iter().enumerate() {
            if waits_before == at as u64 || (at == 2 && kills.contains(&Kill::Waiting)) {
                nodes.push(Node::Wait);
            }
            let retries = dice.one_in(2) || kills.contains(&Kill::At(kind, Point::Parked));
            nodes.push(Node::Call { kind, retries });
            if dice.one_in(2) || at == 4 {
                nodes.push(Node::Message);
            }
        }
        // A connection that is open already passes a door that is closed.
        let door = kills.iter().any(|kill| matches!(kill, Kill::At(_, Point::Unsent)));
        Self {
            seed,
            nodes,
            laps: 1 + usize::from(dice.one_in(4)),
            keeps_connections: !door && dice.one_in(2),
            kills,
        }
    }

    /// The nodes that every run visits, in order, each with its name and which visit of it this is.
    pub fn path(&self) -> Vec<(String, usize)> {
        let mut path = Vec::new();
        for lap in 1..=self.laps {
            path.push(("begin".to_owned(), lap));
            path.extend((0..self.nodes.len()).map(|at| (format!("n{at}"), lap)));
            path.push(("again".to_owned(), lap));
        }
        path.push(("done".to_owned(), 1));
        path
    }

    pub fn node(&self, name: &str) -> Option<Node> {
        self.nodes.get(name.strip_prefix('n')?.parse::<usize>().ok()?).copied()
    }

    /// The flow's text. Every call says whose it is, and carries what the answer before it said.
    pub fn flow(&self, url: impl Fn(Kind) -> String) -> String {
        let mut text = "kind: flow\nslug: chain\nname: Chain\ntrigger: { type: event, event: go }\nstart: begin\n\
                        nodes:\n  begin: { type: setVars, set: { lap: '{{ vars.lap | default(0) + 1 }}' }, next: n0 }\n"
            .to_owned();
        for (at, node) in self.nodes.iter().enumerate() {
            let next = if at + 1 == self.nodes.len() { "again".to_owned() } else { format!("n{}", at + 1) };
            let _ = match node {
                Node::Message => writeln!(
                    text,
                    "  n{at}: {{ type: message, to: host, text: \"{{{{ vars.lap }}}}: {{{{ vars.n | default('none') }}}}\", \
                     next: {next} }}"
                ),
                Node::Wait => writeln!(text, "  n{at}: {{ type: wait, duration: 300ms, next: {next} }}"),
                Node::Call { kind, retries } => {
                    writeln!(text, "  n{at}:\n{}    next: {next}", call(*kind, *retries, at, &url(*kind)))
                }
            };
        }
        let _ = write!(
            text,
            "  again: {{ type: branch, cases: [{{ when: vars.lap < {}, to: begin }}], next: done }}\n  \
             done: {{ type: end, result: '{{{{ vars.n | default(\"none\") }}}}' }}\n",
            self.laps
        );
        text
    }
}

fn call(kind: Kind, retries: bool, at: usize, url: &str) -> String {
    let mut text = format!(
        "    type: apiCall\n    mode: http\n    method: {}\n    url: {url}\n    timeoutMs: 60000\n    headers:\n",
        kind.method()
    );
    let retries_text = if retries { "yes" } else { "no" };
    for (name, value) in [
        ("X-Run", "{{ run.id }}"),
        ("X-Node", &format!("n{at}")),
        ("X-Lap", "{{ vars.lap }}"),
        ("X-Tag", "{{ event.tag }}"),
        ("X-Retries", retries_text),
    ] {
        let _ = writeln!(text, "      - {{ name: {name}, value: '{value}' }}");
    }
    text += "    body: { type: json, value: { prev: '{{ vars.n | default(\"none\") }}', blob: '{{ event.blob }}' } }\n    \
             outputs: [{ var: n, path: $.n }]\n";
    if retries {
        text += "    retry: { maxAttempts: 4 }\n";
    }
    if kind == Kind::Keyed {
        text += "    idempotency: { header: Idempotency-Key }\n";
    }
    text
}
