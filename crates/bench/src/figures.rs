//! What was measured of each, the best of all rounds.

use ottla_rival::Whose;

/// Which of two values is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    Less,
    More,
}

#[derive(Debug, Default)]
pub(crate) struct Figures {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    what: String,
    unit: &'static str,
    better: Better,
    kafka: Option<f64>,
    ottla: Option<f64>,
}

impl Figures {
    /// Takes down a value; the best one stays.
    pub(crate) fn note(&mut self, whose: Whose, what: &str, unit: &'static str, better: Better, value: f64) {
        let index = self.lines.iter().position(|line| line.what == what).unwrap_or_else(|| {
            self.lines.push(Line { what: what.to_owned(), unit, better, kafka: None, ottla: None });
            self.lines.len() - 1
        });
        let line = &mut self.lines[index];
        let best = match whose {
            Whose::Kafka => &mut line.kafka,
            Whose::Ottla => &mut line.ottla,
        };
        *best = Some(
            best.map_or(value, |best| if better == Better::Less { best.min(value) } else { best.max(value) }),
        );
    }

    /// One line a figure: Kafka's, ours, and how many times as good ours is.
    pub(crate) fn print(&self) {
        println!("{:<44} {:>14} {:>12} {:>12} {:>9}", "", "", "kafka", "ottla", "times");
        for line in &self.lines {
            let ratio = match (line.kafka, line.ottla, line.better) {
                (Some(kafka), Some(ottla), Better::Less) => format!("{:.2}", kafka / ottla),
                (Some(kafka), Some(ottla), Better::More) => format!("{:.2}", ottla / kafka),
                _ => String::new(),
            };
            println!(
                "{:<44} {:>14} {:>12} {:>12} {ratio:>9}",
                line.what,
                line.unit,
                shown(line.kafka),
                shown(line.ottla)
            );
        }
    }
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(
        || "-".to_owned(),
        |value| if value < 100.0 { format!("{value:.2}") } else { format!("{value:.0}") },
    )
}
