//! The icons of the editor: one stroke each, on a grid of 20, as those of all pages. They are here, because only this code needs them.

use leptos::prelude::*;

use crate::components::reactive::Erased;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    Brush,
    Eraser,
    Fill,
    Lasso,
    Undo,
    Redo,
    Invert,
    Clear,
    All,
    ZoomIn,
    ZoomOut,
    Fit,
}

impl Symbol {
    fn path(self) -> &'static str {
        match self {
            Self::Brush => {
                "M16.5 3.5l-7 7.5M9.3 10.8c-2-.6-3.6.5-3.9 2.4-.2 1.4-.9 2.3-2.1 2.8 2.800 1.100 6.700.600 7.300-2.400.2-1.200-.3-2.300-1.300-2.800z"
            }
            Self::Eraser => {
                "M7 16.500L3.500 13 11.800 4.700a1 1 0 0 1 1.400 0l3 3a1 1 0 0 1 0 1.400L8.800 16.500zM7.400 9.100l4.900 4.900M7 16.500h9.500"
            }
            Self::Fill => {
                "M9.500 3.500l-6 6 5.500 5.500 6-6zM3.500 9.500h11.500M16.500 12.500c1.300 1.800 1.300 3.500 0 3.500s-1.300-1.700 0-3.500"
            }
            Self::Lasso => {
                "M10 4c4 0 6.500 1.800 6.500 4.300S14 12.500 10 12.500 3.500 10.800 3.500 8.300 6 4 10 4zM6.300 11.800c-1.300 1.200-.8 2.700.6 2.400M6.900 14.200c1 .9.600 2.300-.9 2.300"
            }
            Self::Undo => "M7 4.500L3.500 8 7 11.500M3.800 8h8.200a4 4 0 0 1 0 8H8",
            Self::Redo => "M13 4.500L16.500 8 13 11.500M16.200 8H8a4 4 0 0 0 0 8h4",
            Self::Invert => "M10 3.500a6.500 6.500 0 1 1 0 13a6.500 6.500 0 1 1 0-13zM10 3.500v13M12 6.200v7.600M14 7.700v4.600",
            Self::Clear => "M4.500 4.500h11v11h-11zM7.500 7.500l5 5M12.500 7.500l-5 5",
            Self::All => "M4.500 4.500h11v11h-11zM4.500 9l4.500-4.500M4.500 13.500l9-9M7 15.500l8.500-8.500M11.500 15.500l4-4",
            Self::ZoomIn => "M8.500 3.500a5 5 0 1 1 0 10a5 5 0 1 1 0-10zM12.200 12.200l4.300 4.300M6.300 8.500h4.400M8.500 6.300v4.400",
            Self::ZoomOut => "M8.500 3.500a5 5 0 1 1 0 10a5 5 0 1 1 0-10zM12.200 12.200l4.300 4.300M6.300 8.500h4.400",
            Self::Fit => "M3.500 7.500v-4h4M12.500 3.500h4v4M16.500 12.500v4h-4M7.500 16.500h-4v-4M7.500 7.500h5v5h-5z",
        }
    }
}

/// An icon, hidden from screen readers: the name of its control has the same meaning.
pub(crate) fn symbol(symbol: Symbol) -> AnyView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
            <path d=symbol.path() />
        </svg>
    }
    .erased()
}
