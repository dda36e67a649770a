//! Which topics an option such as `--topic` means: a regular expression of Java's, or several between commas.

use regex::Regex;

use crate::frame::Stop;

/// A filter of topics by their names.
#[derive(Debug)]
pub(crate) struct TopicFilter(Regex);

const QUOTES: [char; 2] = ['"', '\''];

impl TopicFilter {
    pub(crate) fn new(text: &str) -> Result<Self, Stop> {
        let expression = text.trim().replace(',', "|").replace(' ', "");
        let expression = expression.trim_matches(QUOTES);
        // The whole name must match.
        match Regex::new(&format!("^(?:{expression})$")) {
            Ok(regex) => Ok(Self(regex)),
            Err(_) => Err(Stop::Said(format!("{expression} is an invalid regex."))),
        }
    }

    /// Whether the topic is meant.
    pub(crate) fn matches(&self, topic: &str) -> bool {
        self.0.is_match(topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_name_counts() {
        let matches = |filter: &str, topic: &str| TopicFilter::new(filter).unwrap().matches(topic);
        assert!(matches("orders", "orders"));
        assert!(!matches("orders", "orders-1"));
        assert!(matches("orders.*", "orders-1"));
        assert!(matches("a, b", "b"));
        assert!(matches("\"a\"", "a"));
        assert!(!matches("a,b", "ab"));
    }

    #[test]
    fn what_is_no_expression_is_named() {
        let Err(Stop::Said(message)) = TopicFilter::new("a[") else { panic!("it is none") };
        assert_eq!(message, "a[ is an invalid regex.");
    }
}
