//! `chamada`: the server and the command line of one machine.

use std::process::ExitCode;

fn main() -> ExitCode {
    chamada_local::cli::main()
}
