use ottla_client::consumer::*;
use std::time::{Duration, Instant};
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let topic = args[1].clone();
    let want: usize = args[2].parse().unwrap();
    let mut entries = vec![("bootstrap.servers".to_string(), "127.0.0.1:39092".to_string())];
    for a in &args[3..] { let (k, v) = a.split_once('=').unwrap(); entries.push((k.into(), v.into())); }
    let show = entries.iter().any(|(k, _)| k == "show");
    let secs: u64 = entries.iter().find(|(k, _)| k == "secs").map_or(10, |(_, v)| v.parse().unwrap());
    let mut c = Consumer::new(ConsumerConfig::new(entries).unwrap());
    struct L;
    impl RebalanceListener for L {
        fn assigned<'a>(&'a mut self, _: &'a mut Consumer, p: &'a [TopicPartition]) -> Listening<'a> { println!("assigned {p:?}"); Box::pin(async {}) }
        fn revoked<'a>(&'a mut self, _: &'a mut Consumer, p: &'a [TopicPartition]) -> Listening<'a> { println!("revoked {p:?}"); Box::pin(async {}) }
        fn lost<'a>(&'a mut self, _: &'a mut Consumer, p: &'a [TopicPartition]) -> Listening<'a> { println!("lost {p:?}"); Box::pin(async {}) }
    }
    c.set_listener(L);
    if topic.contains('*') { c.subscribe_pattern(&topic).unwrap(); } else if let Some(t) = topic.strip_prefix('=') {
        let t = c.partitions_for(t).await.unwrap();
        c.assign(t.partitions.iter().map(|p| TopicPartition::new(t.name.clone(), p.index))).await.unwrap();
        c.seek_to_beginning(&[]).unwrap();
    } else { c.subscribe([topic.as_str()]).await.unwrap(); }
    let start = Instant::now();
    let (mut n, mut bytes, mut polls) = (0, 0, 0);
    let mut first = None;
    while n < want && start.elapsed() < Duration::from_secs(secs) {
        let r = match c.poll(Duration::from_millis(500)).await { Ok(r) => r, Err(e) => { println!("error {e}"); continue } };
        polls += 1;
        for rec in r.iter() {
            first.get_or_insert_with(Instant::now);
            n += 1;
            bytes += rec.value().map_or(0, <[u8]>::len) + rec.key().map_or(0, <[u8]>::len);
            if show { println!("{}-{}@{} {:?}={:?} {:?} {:?}", rec.topic(), rec.partition(), rec.offset(), rec.key().map(String::from_utf8_lossy), rec.value().map(String::from_utf8_lossy), rec.timestamp(), rec.headers().collect::<Vec<_>>()); }
        }
    }
    let t = first.map_or(start.elapsed(), |f| f.elapsed()).as_secs_f64();
    println!("{n} records {bytes} bytes in {polls} polls, {:.1} MB/s {:.0}/s {:?}", bytes as f64 / 1e6 / t, n as f64 / t, start.elapsed());
    println!("{:?}", c.group_metadata());
    println!("close {:?}", c.close(Duration::from_secs(5)).await);
}
