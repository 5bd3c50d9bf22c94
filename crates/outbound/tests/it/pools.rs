//! Connections are used again, but never across owners, policies or doubts.

use std::time::Duration;

use callout_flow::id::OrgId;
use callout_flow::outcome::{FailureClass, Phase};
use callout_outbound::{Credential, EgressPolicy, Limits, Outbound, Owner, Sent};
use callout_testkit::{CertificateKind, Remote, Reply, Signal};
use tokio::task::JoinHandle;

use crate::world::{
    answered, body, call, get, hurried, limits, not_sent, outbound, policy, post, with_policy,
};

fn owner(org: &str, connection: Option<&str>) -> Owner {
    Owner { connection: connection.map(str::to_owned), ..Owner::of(OrgId::new(org)) }
}

async fn call_as(outbound: &Outbound, owner: &Owner, url: &str) -> bool {
    let sent = outbound.send(owner, &get(url), &Credential::none(), &limits()).await;
    let reused = sent.timing.reused;
    answered(sent);
    reused
}

#[tokio::test]
async fn a_connection_is_used_again_by_the_same_owner_only() {
    let remote = Remote::start(vec![Reply::new(200, "text/plain", "ok")]);
    let outbound = outbound();
    let url = remote.url("/");
    let (a, b, c) = (owner("a", None), owner("b", None), owner("a", Some("crm")));
    assert!(!call_as(&outbound, &a, &url).await);
    assert!(call_as(&outbound, &a, &url).await);
    assert!(!call_as(&outbound, &b, &url).await);
    assert!(!call_as(&outbound, &c, &url).await);
    assert!(call_as(&outbound, &c, &url).await);
    assert_eq!(remote.connections(), 3);
}

#[tokio::test]
async fn names_of_one_server_do_not_share() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let outbound = outbound();
    assert!(!call_as(&outbound, &owner("a", None), &remote.url_as("h.test", "/")).await);
    assert!(!call_as(&outbound, &owner("a", None), &remote.url_as("h2.test", "/")).await);
}

#[tokio::test]
async fn another_policy_uses_no_connection_of_the_former() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let outbound = outbound();
    assert!(!call_as(&outbound, &owner("a", None), &remote.url("/")).await);
    outbound.set_policy(policy()).unwrap();
    assert!(!call_as(&outbound, &owner("a", None), &remote.url("/")).await);
    assert!(call_as(&outbound, &owner("a", None), &remote.url("/")).await);
}

#[tokio::test]
async fn a_second_answer_that_nobody_asked_for_reaches_nobody() {
    let poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    for first in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood{poison}"),
        format!("HTTP/1.1 204 No Content\r\n\r\n{poison}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n{poison}"),
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood\r\n".to_owned(),
    ] {
        let remote =
            Remote::start(vec![Reply::raw(first), Reply::new(200, "text/plain", "second"), Reply::close()]);
        let outbound = outbound();
        answered(call(&outbound, &get(&remote.url("/")), &limits()).await);
        assert_eq!(body(call(&outbound, &get(&remote.url("/")), &limits()).await), "second");
        assert_eq!(remote.connections(), 2);
    }
}

#[tokio::test]
async fn bytes_that_come_late_end_an_idle_connection() {
    let (go, gone) = (Signal::new(), Signal::new());
    let late = Reply::new(200, "text/plain", "good");
    let poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    let remote = {
        let (go, gone) = (go.clone(), gone.clone());
        let turn = std::sync::atomic::AtomicUsize::new(0);
        Remote::serve(move |_| match turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => late.clone().then_wait(&go).then_write(poison).then_give(&gone),
            _ => Reply::new(200, "text/plain", "second"),
        })
    };
    let outbound = outbound();
    assert_eq!(body(call(&outbound, &get(&remote.url("/")), &limits()).await), "good");
    go.give();
    gone.wait();
    assert_eq!(body(call(&outbound, &get(&remote.url("/")), &limits()).await), "second");
    assert_eq!(remote.connections(), 2);
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced_even_for_a_post() {
    let closed = [Signal::new(), Signal::new(), Signal::new()];
    let replies =
        closed.iter().map(|signal| Reply::new(200, "text/plain", "ok").then_close().then_give(signal));
    let remote = Remote::start(replies.collect());
    let outbound = outbound();
    for signal in &closed {
        let sent = call(&outbound, &post(&remote.url("/"), "x"), &limits()).await;
        assert_eq!(body(sent), "ok");
        signal.wait();
    }
    assert_eq!((remote.requests().len(), remote.connections()), (3, 3));
}

#[tokio::test]
async fn an_unread_or_broken_answer_ends_its_connection() {
    let head = "HTTP/1.1 200 OK\r\n";
    for reply in [
        Reply::new(200, "text/plain", "x".repeat(2 << 20)),
        Reply::with_headers(200, &[("Content-Encoding", "br")], "x"),
        Reply::raw(format!("{head}Connection: close\r\nContent-Length: 0\r\n\r\n")),
        Reply::raw("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ] {
        let remote = Remote::start(vec![reply, Reply::status(200)]);
        let outbound = outbound();
        for _ in 0..2 {
            answered(call(&outbound, &get(&remote.url("/")), &limits()).await);
        }
        assert_eq!(remote.connections(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_pool_turns_calls_away_and_serves_again_when_free() {
    let go = Signal::new();
    let remote = Remote::serve({
        let go = go.clone();
        move |request| match request.path() {
            "/held" => Reply::status(200).after(&go),
            _ => Reply::status(201),
        }
    });
    let policy = EgressPolicy { max_connections: 2, slot_wait: Duration::from_millis(50), ..policy() };
    let outbound = with_policy(policy);
    let held: Vec<_> = (0..2)
        .map(|_| {
            let (outbound, url) = (outbound.clone(), remote.url("/held"));
            tokio::spawn(async move { call(&outbound, &get(&url), &limits()).await })
        })
        .collect();
    remote.next_request();
    remote.next_request();

    let failure = not_sent(call(&outbound, &get(&remote.url("/")), &limits()).await);
    assert_eq!((failure.class, failure.phase), (FailureClass::MaxConnection, Phase::Slot));
    // Another owner's pool is its own.
    assert!(!call_as(&outbound, &owner("other", None), &remote.url("/")).await);

    go.give();
    for call in held {
        assert_eq!(answered(call.await.unwrap()).status, 200);
    }
    assert_eq!(answered(call(&outbound, &get(&remote.url("/")), &limits()).await).status, 201);
    assert_eq!(remote.connections(), 3, "two held, one of the other owner, and none new");
}

#[tokio::test]
async fn a_pool_of_none_lets_no_call_out() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let policy = EgressPolicy { max_connections: 0, slot_wait: Duration::from_millis(20), ..policy() };
    let failure = not_sent(call(&with_policy(policy), &get(&remote.url("/")), &limits()).await);
    assert_eq!((failure.class, failure.phase), (FailureClass::MaxConnection, Phase::Slot));
    assert_eq!(remote.connections(), 0);
}

#[tokio::test]
async fn waiting_for_a_slot_ends_with_the_deadline_too() {
    let policy = EgressPolicy { max_connections: 0, slot_wait: Duration::from_secs(60), ..policy() };
    let failure = not_sent(call(&with_policy(policy), &get("http://h.test/"), &hurried()).await);
    // The deadline bounds what a call does; waiting for a slot it has done nothing yet.
    assert_eq!((failure.class, failure.phase), (FailureClass::MaxConnection, Phase::Slot));
}

#[tokio::test]
async fn a_dropped_call_gives_its_slot_back() {
    let remote = Remote::serve(|request| match request.path() {
        "/never" => Reply::stall(),
        _ => Reply::status(200),
    });
    let policy = EgressPolicy { max_connections: 1, ..policy() };
    let outbound = with_policy(policy);
    let (stalled, free) = (get(&remote.url("/never")), get(&remote.url("/")));
    for _ in 0..3 {
        let limits = limits();
        let dropped = tokio::time::timeout(Duration::from_millis(50), call(&outbound, &stalled, &limits));
        assert!(dropped.await.is_err());
        assert_eq!(answered(call(&outbound, &free, &limits).await).status, 200);
    }
}

#[tokio::test]
async fn tls_connections_are_used_again() {
    let remote = Remote::serve_tls(CertificateKind::Good, |_| Reply::new(200, "text/plain", "ok"));
    let mut policy = policy();
    policy.extra_roots.push(remote.ca_der().into());
    let outbound = with_policy(policy);
    let url = remote.url_as("remote.test", "/");
    assert!(!call_as(&outbound, &owner("a", None), &url).await);
    assert!(call_as(&outbound, &owner("a", None), &url).await);
    assert_eq!(remote.connections(), 1);
}

fn held_until(go: &Signal) -> Remote {
    let go = go.clone();
    Remote::serve(move |request| match request.path() {
        "/held" => Reply::status(200).after(&go),
        // Nothing of it is kept: the pool is empty until the next call.
        "/once" => Reply::raw("HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        _ => Reply::status(201),
    })
}

/// Begins so many calls of a lane that are held by the remote.
fn hold(
    outbound: &Outbound,
    remote: &Remote,
    lane: u64,
    count: usize,
    limits: Limits,
) -> Vec<JoinHandle<Sent>> {
    (0..count)
        .map(|_| {
            let (outbound, url) = (outbound.clone(), remote.url("/held"));
            let owner = Owner { lane, ..owner("a", Some("crm")) };
            tokio::spawn(async move { outbound.send(&owner, &get(&url), &Credential::none(), &limits).await })
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_one_lane_leaves_another_two_fifths_of_the_slots() {
    let go = Signal::new();
    let remote = held_until(&go);
    let patient = EgressPolicy { slot_wait: Duration::from_secs(20), ..policy() };
    let outbound = with_policy(patient);
    let limits = Limits { max_connections: Some(10), ..limits() };
    let quiet = Owner { lane: 2, ..owner("a", Some("crm")) };
    let sent = outbound.send(&quiet, &get(&remote.url("/once")), &Credential::none(), &limits).await;
    assert_eq!(answered(sent).status, 201);
    remote.next_request();

    let mut calls = hold(&outbound, &remote, 1, 50, limits);
    (0..6).for_each(|_| drop(remote.next_request()));
    calls.extend(hold(&outbound, &remote, 2, 4, limits));
    (0..4).for_each(|_| drop(remote.next_request()));
    assert_eq!(remote.requests().len(), 11, "one before, six of the flood, four of the other");

    go.give();
    for call in calls {
        assert_eq!(answered(call.await.unwrap()).status, 200);
    }
    assert!(remote.connections() <= 11, "ten slots, and the connection that was closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_that_is_alone_has_all_slots_of_its_connections_own_bound() {
    let go = Signal::new();
    let remote = held_until(&go);
    let outbound = with_policy(EgressPolicy { slot_wait: Duration::from_millis(50), ..policy() });
    let limits = Limits { max_connections: Some(3), ..limits() };
    let calls = hold(&outbound, &remote, 1, 3, limits);
    (0..3).for_each(|_| drop(remote.next_request()));
    let owner = Owner { lane: 1, ..owner("a", Some("crm")) };
    let sent = outbound.send(&owner, &get(&remote.url("/")), &Credential::none(), &limits).await;
    let failure = not_sent(sent);
    assert_eq!(failure.class, FailureClass::MaxConnection);
    assert!(failure.message.contains("all 3 connections"), "{}", failure.message);
    // A bound that was raised meanwhile holds at once.
    let raised = Limits { max_connections: Some(4), ..limits };
    let sent = outbound.send(&owner, &get(&remote.url("/")), &Credential::none(), &raised).await;
    assert_eq!(answered(sent).status, 201);
    go.give();
    for call in calls {
        assert_eq!(answered(call.await.unwrap()).status, 200);
    }
}

#[test]
fn a_call_may_be_dropped_where_no_runtime_is() {
    let remote = Remote::serve(|_| Reply::stall());
    let (outbound, request, limits) = (outbound(), get(&remote.url("/")), limits());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut stalled = Box::pin(call(&outbound, &request, &limits));
    let waited =
        runtime.block_on(async { tokio::time::timeout(Duration::from_millis(50), &mut stalled).await });
    assert!(waited.is_err());
    drop(stalled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connections_slots_are_shared_by_all_hosts_that_it_calls_and_its_sockets_are_not() {
    let go = Signal::new();
    let remotes = [held_until(&go), held_until(&go)];
    let outbound = with_policy(EgressPolicy { slot_wait: Duration::from_millis(50), ..policy() });
    let limits = Limits { max_connections: Some(2), ..limits() };
    let send = |connection: Option<&str>, url: String| {
        let (outbound, owner) = (outbound.clone(), owner("a", connection));
        tokio::spawn(async move { outbound.send(&owner, &get(&url), &Credential::none(), &limits).await })
    };
    let held = remotes.each_ref().map(|remote| send(Some("crm"), remote.url("/held")));
    remotes.iter().for_each(|remote| drop(remote.next_request()));
    for remote in &remotes {
        let failure = not_sent(send(Some("crm"), remote.url("/")).await.unwrap());
        assert_eq!(failure.class, FailureClass::MaxConnection);
        // Without a connection each host has its own.
        assert_eq!(answered(send(None, remote.url("/")).await.unwrap()).status, 201);
    }
    go.give();
    for call in held {
        answered(call.await.unwrap());
    }
    // Two are idle now, one for each: all that the connection may have open. A third host takes the older one's room.
    let third = Remote::start(vec![Reply::status(204)]);
    for (remote, reused) in [(&remotes[0], true), (&remotes[1], true), (&third, false), (&remotes[0], false)]
    {
        let sent = send(Some("crm"), remote.url("/")).await.unwrap();
        assert_eq!(sent.timing.reused, reused, "{}", remote.address());
        answered(sent);
    }
}
