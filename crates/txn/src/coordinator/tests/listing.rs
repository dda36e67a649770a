//! DescribeTransactions and ListTransactions.

use ottla_wire::messages::ListTransactionsRequest;

use super::*;
use crate::TransactionFilter;

fn scene() -> Scene {
    let mut scene = Scene::v2();
    scene.init("a-empty");
    let producer = scene.init("a-open");
    scene.add("a-open", producer, "t", 1);
    scene.add("a-open", producer, "t", 0);
    scene.add("a-open", producer, "s", 0);
    scene.pass(1000);
    let producer = scene.init("b.done");
    scene.add("b.done", producer, "t", 0);
    scene.end("b.done", producer, true).unwrap();
    scene
}

fn list(scene: &mut Scene, request: &ListTransactionsRequest) -> Vec<String> {
    let filter = TransactionFilter::new(request).unwrap();
    let token = scene.token();
    let outcome = scene.coordinator.handle_list_transactions(scene.now.into(), &filter, token);
    scene.settle(outcome);
    match scene.answer(token) {
        Some(Response::ListTransactions(states)) => {
            states.iter().map(|state| state.transactional_id.to_string()).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn with_pattern(pattern: &str) -> ListTransactionsRequest {
    ListTransactionsRequest {
        transactional_id_pattern: Some(pattern.into()),
        ..ListTransactionsRequest::default()
    }
}

#[test]
fn filters_narrow_the_list() {
    let mut scene = scene();
    let all = ListTransactionsRequest::default();
    let states = |states: &[&str]| ListTransactionsRequest {
        state_filters: states.iter().map(|state| (*state).into()).collect(),
        ..all.clone()
    };
    let lasted = |duration_filter| ListTransactionsRequest { duration_filter, ..all.clone() };
    let cases: [(ListTransactionsRequest, &[&str]); 16] = [
        (all.clone(), &["a-empty", "a-open", "b.done"]),
        (states(&["Ongoing"]), &["a-open"]),
        (states(&["Empty", "CompleteCommit", "Dead"]), &["a-empty", "b.done"]),
        (states(&["ongoing"]), &[]),
        (states(&["Unknown"]), &[]),
        (
            ListTransactionsRequest { producer_id_filters: vec![1002, 1000, 7], ..all.clone() },
            &["a-empty", "b.done"],
        ),
        (lasted(-1), &["a-empty", "a-open", "b.done"]),
        (lasted(0), &["a-empty", "a-open"]),
        (lasted(999), &["a-empty", "a-open"]),
        (lasted(1000), &["a-empty"]),
        (with_pattern(""), &["a-empty", "a-open", "b.done"]),
        (with_pattern("a"), &[]),
        (with_pattern("a-.*"), &["a-empty", "a-open"]),
        (with_pattern("a-empty|b.done"), &["a-empty", "b.done"]),
        (with_pattern(".\\..*"), &["b.done"]),
        (with_pattern("(?i)A-OPEN"), &["a-open"]),
    ];
    for (request, expected) in cases {
        assert_eq!(list(&mut scene, &request), expected, "{request:?}");
    }
}

#[test]
fn names_of_no_state_are_told_once() {
    let request = ListTransactionsRequest {
        state_filters: ["Ongoing", "x", "Dead", "PrepareEpochFence", "y", "x", "EMPTY"]
            .map(Into::into)
            .into(),
        ..ListTransactionsRequest::default()
    };
    let filter = TransactionFilter::new(&request).unwrap();
    assert_eq!(filter.unknown_states(), ["x", "y", "EMPTY"]);
}

#[test]
fn a_pattern_must_be_one() {
    let huge = format!("(?:{}){{1000}}", "a{1000}".repeat(10));
    for pattern in ["(", "a)|(b", "[", "*", "\\", huge.as_str()] {
        let refused = TransactionFilter::new(&with_pattern(pattern)).err();
        assert_eq!(refused, Some(ErrorCode::InvalidRegularExpression), "{pattern}");
    }
}

#[test]
fn transactions_are_described_as_far_as_they_are() {
    let mut scene = scene();
    let token = scene.token();
    let ids = ["a-open", "nobody", "", "b.done"].map(KafkaString::from);
    let outcome = scene.coordinator.handle_describe_transactions(&ids, token);
    scene.settle(outcome);
    let Some(Response::DescribeTransactions(states)) = scene.answer(token) else { panic!() };
    let told: Vec<_> = states
        .iter()
        .map(|state| (ErrorCode::from(state.error_code), state.transaction_state.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (ErrorCode::None, "Ongoing"),
            (ErrorCode::TransactionalIdNotFound, ""),
            (ErrorCode::InvalidRequest, ""),
            (ErrorCode::None, "CompleteCommit"),
        ]
    );
    let open = &states[0];
    assert_eq!((open.producer_id, open.producer_epoch, open.transaction_timeout_ms), (1001, 0, TIMEOUT_MS));
    assert_eq!(open.transaction_start_time_ms, scene.now.0 - 1000);
    let topics: Vec<_> =
        open.topics.iter().map(|topic| (topic.topic.as_str(), &topic.partitions[..])).collect();
    assert_eq!(topics, [("s", &[0][..]), ("t", &[0, 1])]);
    assert_eq!(states[3].topics, []);
}
