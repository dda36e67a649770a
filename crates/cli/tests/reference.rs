//! The reference page says what the table of tools says.

use expect_test::expect_file;

#[test]
fn the_page_is_up_to_date() {
    expect_file!["../../../docs/tools.md"].assert_eq(&ottla_cli::reference_page());
}
