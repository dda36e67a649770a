//! The items made for a struct: `Default`, the codec and the schema.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result};

use crate::attributes::{DefaultValue, Field, MessageAttributes, Shape, option_of};
use crate::codec;

/// A struct to make a codec for.
pub(crate) struct Item {
    pub(crate) ident: syn::Ident,
    pub(crate) fields: Vec<Field>,
    /// Whether it has a field for unknown tags.
    pub(crate) keeps_tags: bool,
}

impl Item {
    fn parse(input: &DeriveInput) -> Result<Self> {
        let Data::Struct(data) = &input.data else {
            return Err(Error::new_spanned(input, "only structs are messages"));
        };
        let (mut fields, mut keeps_tags) = (Vec::new(), false);
        if let Fields::Named(named) = &data.fields {
            for field in &named.named {
                match field.ident.as_ref().is_some_and(|ident| ident == "unknown_tagged_fields") {
                    true => keeps_tags = true,
                    false => fields.push(Field::parse(field)?),
                }
            }
        }
        Ok(Self { ident: input.ident.clone(), fields, keeps_tags })
    }

    /// The fields that have a tag, by ascending tag.
    pub(crate) fn tagged(&self) -> Vec<&Field> {
        let mut tagged: Vec<_> = self.fields.iter().filter(|field| field.tag.is_some()).collect();
        tagged.sort_by_key(|field| field.tag);
        tagged
    }
}

/// `#[derive(Message)]`.
pub(crate) fn message(input: &DeriveInput) -> Result<TokenStream> {
    let item = Item::parse(input)?;
    let ident = &item.ident;
    let name = ident.to_string();
    let MessageAttributes { kind, valid, flexible } = MessageAttributes::parse(ident, &input.attrs)?;
    if item.keeps_tags == flexible.is_none() {
        return Err(Error::new(ident.span(), "`unknown_tagged_fields` and flexible versions go together"));
    }
    let value = value(&item);
    Ok(quote! {
        #value

        impl ::ottla_wire::Message for #ident {
            const SCHEMA: &'static ::ottla_wire::schema::Schema = &::ottla_wire::schema::Schema {
                name: #name,
                kind: ::ottla_wire::Kind::#kind,
                valid: #valid,
                flexible: #flexible,
                root: match <Self as ::ottla_wire::codec::Value>::TYPE {
                    ::ottla_wire::schema::Type::Struct(root) => root,
                    _ => unreachable!(),
                },
            };
        }
    })
}

/// `#[derive(Struct)]`.
pub(crate) fn nested(input: &DeriveInput) -> Result<TokenStream> {
    Ok(value(&Item::parse(input)?))
}

fn value(item: &Item) -> TokenStream {
    let ident = &item.ident;
    let name = ident.to_string();
    let schema = item.fields.iter().map(schema);
    let read = codec::read(item);
    let write = codec::write(item);
    let default = default(item);
    quote! {
        #default

        impl ::ottla_wire::codec::Value for #ident {
            const TYPE: ::ottla_wire::schema::Type =
                ::ottla_wire::schema::Type::Struct(&::ottla_wire::schema::StructSchema {
                    name: #name,
                    fields: &[#(#schema),*],
                    memory: ::core::mem::size_of::<Self>(),
                });

            #read

            #write

            fn is_zero(&self) -> bool {
                *self == Self::default()
            }
        }
    }
}

fn default(item: &Item) -> TokenStream {
    let ident = &item.ident;
    let fields = item.fields.iter().map(|field| {
        let (ident, value) = (&field.ident, default_value(field));
        quote!(#ident: #value)
    });
    let tags = item.keeps_tags.then(|| quote!(unknown_tagged_fields: ::core::default::Default::default(),));
    quote! {
        impl ::core::default::Default for #ident {
            fn default() -> Self {
                Self { #(#fields,)* #tags }
            }
        }
    }
}

/// The expression of what a field is when it is not set.
pub(crate) fn default_value(field: &Field) -> TokenStream {
    match (&field.default, field.shape) {
        (DefaultValue::Null, _) => quote!(::core::option::Option::None),
        (DefaultValue::True, _) => quote!(true),
        (DefaultValue::Int(value), _) => value.clone(),
        (DefaultValue::Zero, Shape::Plain) => quote!(::core::default::Default::default()),
        (DefaultValue::Zero, _) => quote!(::core::option::Option::Some(::core::default::Default::default())),
    }
}

/// The field in the schema.
fn schema(field: &Field) -> TokenStream {
    let Field { name, ty, versions, nullable, tagged, .. } = field;
    let ty = match field.shape {
        Shape::NullableStruct => option_of(ty).unwrap_or(ty),
        _ => ty,
    };
    let records = field.records.then(|| quote!(.into_records()));
    let mut schema = quote! {
        ::ottla_wire::schema::Field::new(#name, <#ty as ::ottla_wire::codec::Value>::TYPE #records)
    };
    if versions.condition().is_some() {
        schema.extend(quote!(.versions(#versions)));
    }
    if !nullable.is_none() {
        schema.extend(quote!(.nullable(#nullable)));
    }
    if let Some(tag) = field.tag {
        schema.extend(quote!(.tagged(#tag, #tagged)));
    }
    schema.extend(match &field.default {
        DefaultValue::Zero => quote!(),
        DefaultValue::Null => quote!(.default(::ottla_wire::schema::DefaultValue::Null)),
        DefaultValue::True => quote!(.default(::ottla_wire::schema::DefaultValue::True)),
        DefaultValue::Int(value) => quote!(.default(::ottla_wire::schema::DefaultValue::Int(#value))),
    });
    if field.ignorable {
        schema.extend(quote!(.ignorable()));
    }
    if field.key {
        schema.extend(quote!(.key()));
    }
    if field.never_flexible {
        schema.extend(quote!(.never_flexible()));
    }
    schema
}
