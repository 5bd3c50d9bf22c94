//! Sends one request and says what came of it: never an error, never a panic, within one deadline.

mod mask;

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use callout_flow::id::OrgId;
use callout_flow::outcome::{
    Answer, AnswerBody, FailureClass, Hop, Note, Outcome, Phase, Refusal, RefusalReason, Timing,
};
use callout_flow::request::PreparedRequest;
use http::Response;
use hyper::body::Incoming;
use jiff::Timestamp;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::body::BodyEnd;
use crate::credential::Credential;
use crate::dial::{Way, dial};
use crate::exchange::{Live, check_head, read_body};
use crate::fault::{Fault, Stop};
use crate::guard::{Admitted, HostKey, NotAdmitted, Origin, admit, admit_origin, refusal};
use crate::policy::{EgressPolicy, RESPONSE_BYTES_LIMIT, SetupError};
use crate::pool::{IDLE_MAX, IDLE_MAX_ONCE, PoolKey, Pools, Slot};
use crate::redirect::{self, Next, Visited};
use crate::request::{HopRequest, OnTheWire};
use crate::resolve::Resolver;
use crate::route::Route;
use crate::tls::{self, TlsIdentity};
use crate::trace::Trace;
use mask::mask;

/// The longest deadline of one attempt; longer ones are cut to it, since a call holds a slot all the while.
const TIMEOUT_MAX: Duration = Duration::from_secs(3600);

/// The one door to the world. Cheap to clone; clones share their policy and their connections.
#[derive(Clone)]
pub struct Outbound(Arc<Door>);

struct Door {
    rules: RwLock<Arc<Rules>>,
    resolver: Resolver,
    pools: Pools,
}

/// One policy, ready for use. Its epoch is part of every pool's key.
struct Rules {
    epoch: u64,
    policy: Arc<EgressPolicy>,
    roots: Arc<RootCertStore>,
    /// For calls whose connection has no TLS identity of its own.
    tls: Arc<ClientConfig>,
}

impl Rules {
    fn new(epoch: u64, policy: EgressPolicy) -> Result<Arc<Self>, SetupError> {
        let roots = tls::policy_roots(&policy)?;
        let tls = tls::config(roots.clone(), None).map_err(SetupError::Tls)?;
        Ok(Arc::new(Self { epoch, policy: Arc::new(policy), roots, tls }))
    }
}

/// Whose call it is: connections are never shared across owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub org: OrgId,
    /// The connection whose credential is used, if any.
    pub connection: Option<String>,
    /// Whose turn it is among those who share the connection's slots: the flow's number, say. 0 for what is no
    /// flow's, a token fetch or a test of a connection: no part of the slots is kept for it.
    pub lane: u64,
    /// The org's own way out; the policy's where it is `None`.
    pub route: Option<Arc<Route>>,
}

impl Owner {
    /// An owner without a connection.
    pub fn of(org: OrgId) -> Self {
        Self { org, connection: None, lane: 0, route: None }
    }
}

/// The bounds of one attempt, and when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Over everything: slot, look-up, connect, TLS, send, head, body, redirects.
    pub timeout: Duration,
    /// The answer's body, in bytes after decompression; at most `RESPONSE_BYTES_LIMIT`.
    pub response_bytes_max: u64,
    /// How many redirects are followed; 0 for none.
    pub redirects_max: u8,
    /// The method is safe to repeat, or the call is keyed: it may take a connection that was idle for long.
    pub may_resend: bool,
    /// Sockets that the connection may have at once, idle ones included; the policy's bound where it is `None`.
    pub max_connections: Option<u32>,
    /// The time that signatures tell.
    pub now: Timestamp,
}

/// What came of one attempt. Secrets in use are masked already.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    pub outcome: Outcome,
    pub timing: Timing,
    /// The redirects that were followed.
    pub hops: Vec<Hop>,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound").field("resolver", &self.0.resolver).finish_non_exhaustive()
    }
}

impl Outbound {
    pub fn new(policy: EgressPolicy, resolver: Resolver) -> Result<Self, SetupError> {
        let rules = RwLock::new(Rules::new(0, policy)?);
        Ok(Self(Arc::new(Door { rules, resolver, pools: Pools::default() })))
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<EgressPolicy> {
        self.rules().policy.clone()
    }

    /// Puts another policy in force. Calls under way end by the old one; its connections are not used again.
    pub fn set_policy(&self, policy: EgressPolicy) -> Result<(), SetupError> {
        let epoch = {
            let mut rules = self.0.rules.write().unwrap_or_else(PoisonError::into_inner);
            *rules = Rules::new(rules.epoch + 1, policy)?;
            rules.epoch
        };
        self.0.pools.advance_epoch(epoch);
        Ok(())
    }

    /// Sends a request once, following redirects as far as the limits allow.
    pub async fn send(
        &self,
        owner: &Owner,
        request: &PreparedRequest,
        credential: &Credential,
        limits: &Limits,
    ) -> Sent {
        let timeout = limits.timeout.min(TIMEOUT_MAX);
        let deadline = Instant::now() + timeout;
        let mut trace = Trace::new();
        let rules = self.rules();
        let attempt = Attempt { door: &self.0, rules: &rules, owner, credential, limits, deadline };
        let ended = timeout_at(deadline, attempt.run(HopRequest::first(request), &mut trace)).await;
        let mut outcome = ended.unwrap_or_else(|_| {
            let phase = trace.phase();
            let message = format!("the deadline of {} ms passed: {phase}", timeout.as_millis());
            // Without a slot nothing began: the pool is what stood in the way, not the remote.
            let class =
                if phase == Phase::Slot { FailureClass::MaxConnection } else { FailureClass::Timeout };
            trace.fail(Fault { class, phase, message })
        });
        let (timing, mut hops, made) = trace.end();
        tracing::debug!(
            org = %owner.org,
            host = request.url.host_str().unwrap_or_default(),
            method = %request.method,
            ended = word(&outcome),
            total_ms = timing.total_ms,
            "call ended"
        );
        if credential.masks(&outcome) {
            mask(credential.scrubber(), &made, &mut outcome, &mut hops);
        }
        Sent { outcome, timing, hops }
    }

    fn rules(&self) -> Arc<Rules> {
        self.0.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One attempt under way.
struct Attempt<'a> {
    door: &'a Door,
    rules: &'a Rules,
    owner: &'a Owner,
    credential: &'a Credential,
    limits: &'a Limits,
    deadline: Instant,
}

/// A head that has come, and the connection whose body is still to be read.
struct Arrived {
    head: Response<Incoming>,
    live: Live,
    slot: Slot,
    host: String,
    /// The URL with its secrets, where it has any.
    filled_url: Option<Url>,
}

impl Attempt<'_> {
    async fn run(&self, mut hop: HopRequest, trace: &mut Trace) -> Outcome {
        let mut visited = Visited::default();
        let by = redirect::Rules {
            policy: &self.rules.policy,
            credential: self.credential,
            redirects_max: self.limits.redirects_max,
        };
        loop {
            let arrived = match self.hop(&hop, trace).await {
                Ok(arrived) => arrived,
                Err(outcome) => return outcome,
            };
            let sent_to = arrived.filled_url.as_ref().unwrap_or(&hop.url);
            visited.push(hop.method, sent_to);
            let (status, headers) = (arrived.head.status().as_u16(), arrived.head.headers());
            match redirect::next(&by, &hop, sent_to, status, headers, &visited) {
                Next::Stay(note) => return self.answer(arrived, note, trace).await,
                Next::Refuse(refusal, refused) => {
                    trace.follow(refused);
                    return Outcome::Refused(refusal);
                }
                // Its body is not wanted, and with it goes the connection.
                Next::Follow(onward, followed) => {
                    trace.follow(followed);
                    hop = *onward;
                }
            }
        }
    }

    /// Guard, credential, slot, connection, request, head.
    async fn hop(&self, hop: &HopRequest, trace: &mut Trace) -> Result<Arrived, Outcome> {
        let policy = &self.rules.policy;
        let origin = admit_origin(policy, &hop.url).map_err(Outcome::Refused)?;
        self.admit_credential(hop, &origin).map_err(Outcome::Refused)?;
        if matches!(origin.host, HostKey::Name(_)) {
            trace.enter(Phase::LookUp);
        }
        let host = origin.host.to_string();
        let admitted = match admit(policy, &self.door.resolver, origin).await {
            Ok(admitted) => admitted,
            Err(NotAdmitted::Refused(refusal)) => return Err(Outcome::Refused(refusal)),
            Err(NotAdmitted::LookUp(failed)) => {
                let message = format!("the host {host} {}", failed.words());
                return Err(trace.fail(Fault::network(Phase::LookUp, message)));
            }
        };
        self.exchange(hop, &admitted, host, trace).await.map_err(|stop| match stop {
            Stop::Refused(refusal) => Outcome::Refused(refusal),
            Stop::Failed(fault) => trace.fail(fault),
        })
    }

    /// Whether the credential may go along: only to hosts that it was made for, and over http only to those that
    /// an operator lists by name.
    fn admit_credential(&self, hop: &HopRequest, origin: &Origin) -> Result<(), Refusal> {
        let host = &origin.host;
        if hop.with_credential && !self.credential.allows(host) {
            let message = format!(
                "The connection is not made for {host}: its credential goes only to its allowed hosts, which are \
                 fixed. Use another connection, or make one for this host."
            );
            return Err(refusal(RefusalReason::ConnectionHost, message));
        }
        let takes_secrets = hop.takes_secrets(self.credential);
        if takes_secrets && !origin.secure && !self.rules.policy.allows_secrets_over_http(host) {
            let message = format!(
                "A credential would leave over plain http. Use https, or an operator lists the host by name: \
                 [egress] http_hosts = [\"{host}\"]."
            );
            return Err(refusal(RefusalReason::SecretHost, message));
        }
        Ok(())
    }

    async fn exchange(
        &self,
        hop: &HopRequest,
        admitted: &Admitted,
        host: String,
        trace: &mut Trace,
    ) -> Result<Arrived, Stop> {
        let policy = &self.rules.policy;
        let filled = hop.filled(self.credential)?;
        let OnTheWire { request, body_bytes, made } =
            filled.on_the_wire(admitted.origin(), self.credential, self.limits.now)?;
        trace.made(made);
        let filled_url = match filled {
            Cow::Borrowed(_) => None,
            Cow::Owned(filled) => Some(filled.url),
        };
        trace.enter(Phase::Slot);
        let identity = self.credential.tls().filter(|_| hop.with_credential && admitted.origin().secure);
        let key = PoolKey {
            org: self.owner.org.clone(),
            connection: self.owner.connection.clone(),
            epoch: self.rules.epoch,
            tls: identity.map(TlsIdentity::digest),
            route: self.owner.route.clone(),
            origin: admitted.origin().clone(),
        };
        let max = self.limits.max_connections.map_or(policy.max_connections, |max| max as usize);
        let slot = self.door.pools.slot(key, self.owner.lane, max, policy.slot_wait).await;
        let slot = slot.ok_or_else(|| Fault::no_slot(&host, max))?;
        let idle_max = if self.limits.may_resend { IDLE_MAX } else { IDLE_MAX_ONCE };
        if let Some(mut live) = slot.take_idle(idle_max) {
            trace.send(live.meter(), body_bytes, true);
            match live.head(request.clone()).await {
                Err(_) if live.meter().written() == 0 => {} // it was stale; nothing left, so a fresh one may try
                head => return Ok(arrived(head, live, slot, host, filled_url)?),
            }
        }
        slot.make_room(max);
        let own = identity.map(|identity| identity.config(&self.rules.roots)).transpose();
        let own = own.map_err(|_| Fault::network(Phase::Tls, "TLS cannot be set up for this connection"))?;
        let tls = own.as_ref().unwrap_or(&self.rules.tls);
        let mut live = dial(admitted, &self.way(), tls, self.deadline, trace).await?;
        trace.send(live.meter(), body_bytes, false);
        let head = live.head(request).await;
        Ok(arrived(head, live, slot, host, filled_url)?)
    }

    /// The owner's way out, and the policy's where that says nothing.
    fn way(&self) -> Way<'_> {
        let (own, policy) = (self.owner.route.as_deref(), &self.rules.policy);
        let own_proxy = own.and_then(|route| route.proxy.as_ref());
        Way {
            source: own.and_then(|route| route.source_address).or(policy.source_address),
            proxy: own_proxy.or(policy.proxy.as_ref()),
            judged_by: own_proxy.map(|_| &**policy),
            resolver: &self.door.resolver,
        }
    }

    /// Reads the body and makes the answer of it, or the failure where it broke off.
    async fn answer(&self, arrived: Arrived, note: Option<Note>, trace: &mut Trace) -> Outcome {
        let Arrived { head, mut live, slot, host, .. } = arrived;
        trace.enter(Phase::Body);
        let status = head.status().as_u16();
        let headers = head
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let bytes_max = self.limits.response_bytes_max.min(RESPONSE_BYTES_LIMIT);
        let body = match read_body(&mut live, head, bytes_max).await {
            BodyEnd::Whole(bytes) => {
                if let Some(clean) = live.settle().await {
                    slot.keep(clean);
                }
                AnswerBody::Whole(bytes)
            }
            BodyEnd::TooLarge => AnswerBody::TooLarge { bytes_max },
            BodyEnd::Undecodable(why) => AnswerBody::Undecodable { why },
            BodyEnd::BrokenOff if (200..300).contains(&status) => return trace.fail(Fault::body(&host)),
            BodyEnd::BrokenOff => AnswerBody::BrokenOff { why: Fault::body(&host).message },
        };
        Outcome::Answered(Answer { status, headers, body, notes: note.into_iter().collect() })
    }
}

fn arrived(
    head: hyper::Result<Response<Incoming>>,
    live: Live,
    slot: Slot,
    host: String,
    filled_url: Option<Url>,
) -> Result<Arrived, Fault> {
    let head = head.map_err(|error| Fault::head(&host, &error))?;
    check_head(&host, &head)?;
    Ok(Arrived { head, live, slot, host, filled_url })
}

/// For the log, which tells how calls end and not what they hold.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Answered(_) => "answered",
        Outcome::Refused(_) => "refused",
        Outcome::NotSent(_) => "not sent",
        Outcome::NoAnswer(_) => "no answer",
    }
}
