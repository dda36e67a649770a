//! What a message looks like, as data: emitted by the derive macro, walked by [`json`](crate::json) and by
//! tests.

use crate::{Kind, Versions};

/// A message: its name, its versions and its fields.
#[derive(Debug)]
pub struct Schema {
    /// Kafka's name of the message.
    pub name: &'static str,
    /// What the message is, and its key among its kind.
    pub kind: Kind,
    /// The versions that can be read and written.
    pub valid: Versions,
    /// The versions that use variable-length numbers and tagged fields (KIP-482).
    pub flexible: Versions,
    /// The fields.
    pub root: &'static StructSchema,
}

/// The fields of a message, or of a struct within it.
#[derive(Debug)]
pub struct StructSchema {
    /// Name of the struct.
    pub name: &'static str,
    /// The fields in the order in which they are written.
    pub fields: &'static [Field],
    /// Bytes that the struct itself takes in memory, without what it points to.
    pub memory: usize,
}

/// A field of a struct.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The name in JSON, in camel case.
    pub name: &'static str,
    /// What the field holds.
    pub ty: Type,
    /// The versions that have the field.
    pub versions: Versions,
    /// The versions in which it may be null.
    pub nullable: Versions,
    /// The versions in which it is written among the tagged fields.
    pub tagged: Versions,
    /// The tag, where there are tagged versions.
    pub tag: u32,
    /// What the field is when it is not set.
    pub default: DefaultValue,
    /// Whether a version without the field may drop a value that is set.
    pub ignorable: bool,
    /// Whether the field is part of its struct's key, which Kafka looks elements of a collection up by.
    pub key: bool,
    /// Whether the length is written as in versions that are not flexible, always.
    pub never_flexible: bool,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each variant is Kafka's type of that name")]
pub enum Type {
    Bool,
    Int8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Int64,
    Float64,
    Uuid,
    String,
    Bytes,
    Records,
    Struct(&'static StructSchema),
    Array(&'static Type),
}

/// What a field is when it is not set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DefaultValue {
    /// Zero, false, empty, or a struct of defaults.
    Zero,
    /// Null.
    Null,
    /// A number.
    Int(i64),
    /// True.
    True,
}

impl Type {
    /// Bytes of a value, for types whose values all take the same; 0 for the others.
    pub const fn fixed_len(self) -> usize {
        match self {
            Self::Bool | Self::Int8 => 1,
            Self::Int16 | Self::Uint16 => 2,
            Self::Int32 | Self::Uint32 => 4,
            Self::Int64 | Self::Float64 => 8,
            Self::Uuid => 16,
            Self::String | Self::Bytes | Self::Records | Self::Struct(_) | Self::Array(_) => 0,
        }
    }

    /// The type of a field of record batches, which on the wire are bytes like any.
    pub const fn into_records(self) -> Self {
        match self {
            Self::Bytes => Self::Records,
            other => other,
        }
    }
}

impl Field {
    /// A field that all versions have, which is never null and zero by default.
    pub const fn new(name: &'static str, ty: Type) -> Self {
        Self {
            name,
            ty,
            versions: Versions::ALL,
            nullable: Versions::NONE,
            tagged: Versions::NONE,
            tag: 0,
            default: DefaultValue::Zero,
            ignorable: false,
            key: false,
            never_flexible: false,
        }
    }

    /// The field, in these versions only.
    pub const fn versions(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    /// The field, null in these versions at will.
    pub const fn nullable(mut self, versions: Versions) -> Self {
        self.nullable = versions;
        self
    }

    /// The field, tagged in these versions.
    pub const fn tagged(mut self, tag: u32, versions: Versions) -> Self {
        self.tag = tag;
        self.tagged = versions;
        self
    }

    /// The field with another default.
    pub const fn default(mut self, default: DefaultValue) -> Self {
        self.default = default;
        self
    }

    /// The field, to be dropped where a version lacks it.
    pub const fn ignorable(mut self) -> Self {
        self.ignorable = true;
        self
    }

    /// The field as a part of its struct's key.
    pub const fn key(mut self) -> Self {
        self.key = true;
        self
    }

    /// The field with a fixed-size length in all versions.
    pub const fn never_flexible(mut self) -> Self {
        self.never_flexible = true;
        self
    }

    /// Whether `version` writes the field among the tagged ones.
    pub const fn is_tagged(&self, version: i16) -> bool {
        self.versions.contains(version) && self.tagged.contains(version)
    }

    /// Whether `version` writes the field in its place.
    pub const fn is_plain(&self, version: i16) -> bool {
        self.versions.contains(version) && !self.tagged.contains(version)
    }
}
