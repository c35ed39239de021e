//! Macros of all kinds.

/// Squares.
#[macro_export]
macro_rules! square {
    // one
    ($x:expr $(,)?) => { $x * $x };
    (
        $($x:expr),+
        ; many
    ) => { [$(square!($x)),+] };
}

macro_rules! cfg_rt {
    ($($item:item)*) => {
        $(
            #[cfg(feature = "rt")]
            #[cfg_attr(docsrs, doc(cfg(feature = "rt")))]
            $item
        )*
    };
}

macro_rules! documented {
    ($item:item) => {
        /// Written once,
        ///
        /// # Panics
        ///
        /// for all.
        #[macro_export]
        $item
    };
}

documented! {
    /// used here.
    macro_rules! wrapped {
        () => {};
    }
}

cfg_rt! {
    pub mod task;
    pub use task::spawn;

    /// Runs it.
    pub struct Runtime {
        pub(crate) handle: Handle,
    }

    impl Runtime {
        /// Starts.
        pub fn block_on<F: Future>(&self, future: F) -> F::Output { enter(future) }

        cfg_metrics! {
            /// How many.
            pub fn workers(&self) -> usize { self.handle.len() }
        }
    }

    cfg_if::cfg_if! {
        if #[cfg(unix)] {
            pub fn signal() {}
        } else if #[cfg(windows)] {
            pub fn ctrl_c() {}
        } else {
            compile_error!("neither");
        }
    }
}

impl Builder {
    cfg_not_wasi! {
        pub fn threads(&mut self) -> &mut Self { self }
    }
}

pub trait Extension {
    read_impl! {
        /// Reads a byte.
        fn read_u8(&mut self) -> ReadU8;
        fn read_u16(&mut self) -> ReadU16;
    }
}

pin_project! {
    /// A future.
    #[must_use = "futures do nothing"]
    pub struct Sleep<F> where F: Future {
        // state
        #[pin]
        inner: F,
        deadline: u64,
    }
}

thread_local! {
    /// Of this thread.
    pub static CONTEXT: Cell<u32> = const { Cell::new(0) };
}

lazy_static::lazy_static! {
    static ref TABLE: HashMap<u32, &'static str> = HashMap::new();
}

cfg_select! {
    unix => { pub fn chosen() {} }
    _ => { pub fn fallback() {} }
}

bitflags! {
    pub struct Flags: u32 { const A = 1; }
}

primitives!(u8, u16);
vec![1, 2, 3];

fn body() {
    cfg_rt! {
        fn local_to_body() {}
    }
}

/// Of the function kind.
#[proc_macro]
pub fn sql(input: TokenStream) -> TokenStream { input }

#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream { item }

/// Derives.
#[proc_macro_derive(Builder, attributes(builder, default))]
pub fn derive_builder(input: TokenStream) -> TokenStream { input }
