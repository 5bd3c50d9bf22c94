//! What a seed stands for: a flow, and the points at which its server is killed.

/// Kills of one seed beside those during a start. A run may be taken up five times at one position, and each kill
/// costs it one.
const KILLS_MAX: u64 = 3;
/// Kills during a start, in a seed that has them.
const START_KILLS_MAX: u64 = 2;

/// As many as are waited for at one point.
pub const PLACES_FEW: usize = 3;

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
    /// The moment that a caller who waited has a run's record.
    Told,
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
    /// From here on they stand in a sub-flow.
    inner_from: Option<usize>,
    /// How often a run goes through the chain.
    pub laps: usize,
    /// Runs under way at once.
    pub places: usize,
    pub threads: usize,
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
        calls.chain([Self::Waiting, Self::Accepting, Self::Told, Self::Starting(1)]).collect()
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
        let inner_from = dice.one_in(3).then(|| usize::try_from(dice.below(nodes.len() as u64)).unwrap());
        Self {
            seed,
            nodes,
            inner_from,
            places: dice.pick(&[PLACES_FEW, 512]),
            threads: dice.pick(&[1, 2, 4]),
            laps: 1 + usize::from(dice.one_in(4)),
            keeps_connections: !door && dice.one_in(2),
            kills,
        }
    }

    pub fn node(&self, name: &str) -> Option<Node> {
        self.nodes.get(name.strip_prefix('n')?.parse::<usize>().ok()?).copied()
    }

    /// The position of the first node that stands in the sub-flow.
    pub fn inner_from(&self) -> usize {
        self.inner_from.unwrap_or(self.nodes.len())
    }
}
