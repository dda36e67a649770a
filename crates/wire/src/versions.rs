use std::fmt;

/// A range of versions, both ends included; empty when `first` is above `last`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// The lowest version of the range.
    pub first: i16,
    /// The highest version of the range; [`i16::MAX`] when the range is open.
    pub last: i16,
}

impl Versions {
    /// No version at all.
    pub const NONE: Self = Self { first: 0, last: -1 };
    /// Every version.
    pub const ALL: Self = Self { first: 0, last: i16::MAX };

    /// The versions from `first` to `last`, both included.
    pub const fn new(first: i16, last: i16) -> Self {
        Self { first, last }
    }

    /// Whether `version` lies in the range.
    pub const fn contains(self, version: i16) -> bool {
        self.first <= version && version <= self.last
    }

    /// Whether the range holds no version.
    pub const fn is_empty(self) -> bool {
        self.first > self.last
    }

    /// The versions of the range, lowest first.
    pub fn iter(self) -> impl Iterator<Item = i16> {
        self.first..=self.last
    }

    /// The versions that both ranges hold.
    pub fn intersect(self, other: Self) -> Self {
        Self { first: self.first.max(other.first), last: self.last.min(other.last) }
    }
}

/// As Kafka's schemas write it: `none`, `3`, `3-13` or `9+`.
impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            versions if versions.is_empty() => f.write_str("none"),
            Self { first, last: i16::MAX } => write!(f, "{first}+"),
            Self { first, last } if first == last => first.fmt(f),
            Self { first, last } => write!(f, "{first}-{last}"),
        }
    }
}

impl fmt::Debug for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_print_as_in_kafkas_schemas() {
        let printed = [Versions::NONE, Versions::new(3, 3), Versions::new(3, 13), Versions::new(9, i16::MAX)]
            .map(|versions| versions.to_string());
        assert_eq!(printed, ["none", "3", "3-13", "9+"]);
    }

    #[test]
    fn both_ends_belong_to_a_range() {
        let versions = Versions::new(3, 5);
        assert_eq!(versions.iter().collect::<Vec<_>>(), [3, 4, 5]);
        assert!(
            !versions.contains(2) && versions.contains(3) && versions.contains(5) && !versions.contains(6)
        );
        assert!(versions.intersect(Versions::new(6, 9)).is_empty());
    }
}
