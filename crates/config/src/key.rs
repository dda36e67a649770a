//! The declaration of a key.

use crate::validator::Validator;

/// Type of a key's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// `true` or `false`, in any case.
    Boolean,
    /// Text.
    String,
    /// A number of 32 bits.
    Int,
    /// A number of 16 bits.
    Short,
    /// A number of 64 bits.
    Long,
    /// A floating-point number of 64 bits.
    Double,
    /// Texts separated by commas.
    List,
    /// Name of a Java class, which stands for what we have in its place.
    Class,
    /// Text that is never shown.
    Password,
}

impl Type {
    /// Kafka's name for it, as error messages have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::List => "LIST",
            Self::Class => "CLASS",
            Self::Password => "PASSWORD",
        }
    }

    /// The number that stands for it in DescribeConfigs; 0 there means unknown.
    pub const fn id(self) -> i8 {
        match self {
            Self::Boolean => 1,
            Self::String => 2,
            Self::Int => 3,
            Self::Short => 4,
            Self::Long => 5,
            Self::Double => 6,
            Self::List => 7,
            Self::Class => 8,
            Self::Password => 9,
        }
    }
}

/// The value of a key that nobody set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Default {
    /// There is none: the key must be set.
    Required,
    /// Null: the key has no value unless it is set.
    Null,
    /// Of a boolean key.
    Boolean(bool),
    /// Of a key of type int, short or long.
    Integer(i64),
    /// Of a key of type double.
    Double(f64),
    /// Of a key of another type, as it would be written in a file.
    Text(&'static str),
}

/// How likely it is that somebody needs to change the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Importance {
    /// Likely.
    High,
    /// At times.
    Medium,
    /// Hardly.
    Low,
}

impl Importance {
    /// Kafka's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// Whether a key of a node can be changed while it runs (KIP-226).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpdateMode {
    /// Only in the file, by a restart.
    ReadOnly,
    /// For one broker at a time.
    PerBroker,
    /// For one broker or for all of them at once.
    ClusterWide,
}

impl UpdateMode {
    /// Kafka's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::PerBroker => "per-broker",
            Self::ClusterWide => "cluster-wide",
        }
    }
}

/// A key with all that is known about it. Sections declare them; see [`Definition`](crate::Definition) for all of a kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// The name.
    pub name: &'static str,
    /// Type of the values.
    pub value_type: Type,
    /// The value if none is set.
    pub default: Default,
    /// What values are valid, beyond the type.
    pub validator: Validator,
    /// How likely it is that somebody needs to change it.
    pub importance: Importance,
    /// Whether it can be changed while the node runs; of no meaning for keys of topics, groups and clients, which always can.
    pub update_mode: UpdateMode,
    /// Kept out of documentation and descriptions: for tests, or not ready.
    pub internal: bool,
    /// Keys of a node whose value a topic's or group's key has unless it is set, the first that is set first.
    pub synonyms: &'static [&'static str],
    /// What the key does, its unit, what special values mean.
    pub documentation: &'static [&'static str],
}

impl Key {
    const fn new(value_type: Type, name: &'static str, default: Default) -> Self {
        Self {
            name,
            value_type,
            default,
            validator: Validator::Any,
            importance: Importance::Medium,
            update_mode: UpdateMode::ReadOnly,
            internal: false,
            synonyms: &[],
            documentation: &[],
        }
    }

    pub(crate) const fn required(value_type: Type, name: &'static str) -> Self {
        Self::new(value_type, name, Default::Required)
    }

    pub(crate) const fn optional(value_type: Type, name: &'static str) -> Self {
        Self::new(value_type, name, Default::Null)
    }

    pub(crate) const fn boolean(name: &'static str, default: bool) -> Self {
        Self::new(Type::Boolean, name, Default::Boolean(default))
    }

    pub(crate) const fn short(name: &'static str, default: i16) -> Self {
        Self::new(Type::Short, name, Default::Integer(default as i64))
    }

    pub(crate) const fn int(name: &'static str, default: i32) -> Self {
        Self::new(Type::Int, name, Default::Integer(default as i64))
    }

    pub(crate) const fn long(name: &'static str, default: i64) -> Self {
        Self::new(Type::Long, name, Default::Integer(default))
    }

    pub(crate) const fn double(name: &'static str, default: f64) -> Self {
        Self::new(Type::Double, name, Default::Double(default))
    }

    pub(crate) const fn string(name: &'static str, default: &'static str) -> Self {
        Self::new(Type::String, name, Default::Text(default))
    }

    pub(crate) const fn list(name: &'static str, default: &'static str) -> Self {
        Self::new(Type::List, name, Default::Text(default))
    }

    pub(crate) const fn class(name: &'static str, default: &'static str) -> Self {
        Self::new(Type::Class, name, Default::Text(default))
    }

    pub(crate) const fn at_least(self, low: i64) -> Self {
        self.validated(Validator::AtLeast(low))
    }

    pub(crate) const fn between(self, low: i64, high: i64) -> Self {
        self.validated(Validator::Between(low, high))
    }

    pub(crate) const fn within(self, low: f64, high: f64) -> Self {
        self.validated(Validator::Within(low, high))
    }

    pub(crate) const fn gzip_level(self) -> Self {
        self.validated(Validator::GzipLevel)
    }

    pub(crate) const fn one_of(self, values: &'static [&'static str]) -> Self {
        self.validated(Validator::OneOf(values))
    }

    /// The values stand in the order in which Kafka lists them, in upper case.
    pub(crate) const fn one_of_ignoring_case(self, values: &'static [&'static str]) -> Self {
        self.validated(Validator::OneOfIgnoringCase(values))
    }

    pub(crate) const fn non_null(self) -> Self {
        self.validated(Validator::NonNull)
    }

    pub(crate) const fn non_empty(self) -> Self {
        self.validated(Validator::NonEmpty)
    }

    pub(crate) const fn distinct(self) -> Self {
        self.validated(Validator::Distinct { values: &[], may_be_empty: true })
    }

    pub(crate) const fn distinct_non_empty(self) -> Self {
        self.validated(Validator::Distinct { values: &[], may_be_empty: false })
    }

    pub(crate) const fn distinct_of(self, values: &'static [&'static str]) -> Self {
        self.validated(Validator::Distinct { values, may_be_empty: true })
    }

    pub(crate) const fn distinct_non_empty_of(self, values: &'static [&'static str]) -> Self {
        self.validated(Validator::Distinct { values, may_be_empty: false })
    }

    pub(crate) const fn voters(self) -> Self {
        self.validated(Validator::Voters)
    }

    pub(crate) const fn servers(self) -> Self {
        self.validated(Validator::Servers)
    }

    pub(crate) const fn throttled_replicas(self) -> Self {
        self.validated(Validator::ThrottledReplicas)
    }

    pub(crate) const fn share_offset_reset(self) -> Self {
        self.validated(Validator::ShareOffsetReset)
    }

    const fn validated(mut self, validator: Validator) -> Self {
        self.validator = validator;
        self
    }

    pub(crate) const fn high(mut self) -> Self {
        self.importance = Importance::High;
        self
    }

    pub(crate) const fn low(mut self) -> Self {
        self.importance = Importance::Low;
        self
    }

    pub(crate) const fn per_broker(mut self) -> Self {
        self.update_mode = UpdateMode::PerBroker;
        self
    }

    pub(crate) const fn cluster_wide(mut self) -> Self {
        self.update_mode = UpdateMode::ClusterWide;
        self
    }

    pub(crate) const fn internal(mut self) -> Self {
        self.internal = true;
        self
    }

    pub(crate) const fn inherits(mut self, synonyms: &'static [&'static str]) -> Self {
        self.synonyms = synonyms;
        self
    }

    pub(crate) const fn documented(mut self, lines: &'static [&'static str]) -> Self {
        self.documentation = lines;
        self
    }

    /// The documentation as one line of text.
    pub fn documentation_text(&self) -> String {
        self.documentation.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }

    /// Whether its values must not be shown.
    pub const fn is_sensitive(&self) -> bool {
        matches!(self.value_type, Type::Password)
    }
}
