//! The kinds of problems: status, name and title of each, as `/api/docs` lists them.

use axum::http::StatusCode;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $kind:ident = $status:ident, $slug:literal, $title:literal;)*) => {
        /// Which kind of problem it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ProblemKind {
            $($(#[doc = $doc])* $kind,)*
        }

        impl ProblemKind {
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            pub fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)* }
            }

            pub fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug,)* }
            }

            pub fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }

            /// For the page that explains the API.
            pub fn words(self) -> &'static str {
                match self { $(Self::$kind => concat!($($doc,)*),)* }
            }
        }
    };
}

kinds! {
    /// The body is not JSON, or not the multipart form that it should be. Nothing was done.
    BadBody = BAD_REQUEST, "bad-body", "Unreadable body";
    /// A part of the path is not what it should be, such as an id that is no UUID.
    BadPath = BAD_REQUEST, "bad-path", "Bad path";
    /// A query parameter is unknown, or is not what it should be.
    BadQuery = BAD_REQUEST, "bad-query", "Bad query";
    /// The cursor is not one that a list gave. Begin again without one.
    BadCursor = BAD_REQUEST, "bad-cursor", "Bad cursor";
    /// A header is not what it should be, such as an empty Idempotency-Key.
    BadHeader = BAD_REQUEST, "bad-header", "Bad header";
    /// The caller must authenticate: `Authorization: Bearer TOKEN`, with the token that was set when Darkroom was started. The
    /// WWW-Authenticate header shows whether a token was sent.
    Unauthorized = UNAUTHORIZED, "unauthorized", "Unauthorized";
    /// The request comes from a page of another site, or is not allowed.
    Forbidden = FORBIDDEN, "forbidden", "Forbidden";
    /// A node wrote the file outside the folders that ComfyUI serves: `detail` has its path. Asking again does not help; let the node write into
    /// ComfyUI's output folder.
    FileNotServed = FORBIDDEN, "file-not-served", "File not served";
    /// Darkroom does not answer to this host name, because there is no sign-in and any host name can be made to resolve to this server. Add the address to
    /// `[server] origins`, or set a token.
    WrongHost = MISDIRECTED_REQUEST, "wrong-host", "Wrong host";
    /// Nothing is at this path.
    UnknownRoute = NOT_FOUND, "unknown-route", "Unknown route";
    /// There is no such task, or there is none any more.
    UnknownTask = NOT_FOUND, "unknown-task", "Unknown task";
    /// The task has no output of this number, or ComfyUI no longer has the file.
    UnknownOutput = NOT_FOUND, "unknown-output", "Unknown output";
    /// There is no such picture, or there is none any more: it was not used for a week. Give it again.
    UnknownPicture = NOT_FOUND, "unknown-picture", "Unknown picture";
    /// There is no such message to a webhook, or there is none any more.
    UnknownDelivery = NOT_FOUND, "unknown-delivery", "Unknown delivery";
    /// There is no ComfyUI of this name in the settings.
    UnknownBackend = NOT_FOUND, "unknown-backend", "Unknown backend";
    /// There is no such saved workflow, or there is none any more, or not in this version.
    UnknownWorkflow = NOT_FOUND, "unknown-workflow", "Unknown workflow";
    /// There is no task of another program with this id, or there is none any more: only the newest are kept.
    UnknownExternalTask = NOT_FOUND, "unknown-external-task", "Unknown external task";
    /// There is no such grid, or there is none any more.
    UnknownGrid = NOT_FOUND, "unknown-grid", "Unknown grid";
    /// The grid has no cell of this number.
    UnknownCell = NOT_FOUND, "unknown-cell", "Unknown cell";
    /// There is no such wildcard, or there is none any more.
    UnknownWildcard = NOT_FOUND, "unknown-wildcard", "Unknown wildcard";
    /// There is no such change of outputs, or it is too long ago to be undone.
    UnknownAction = NOT_FOUND, "unknown-action", "Unknown change";
    /// There is no such project, or no such object in it, or there is none any more.
    UnknownInProduction = NOT_FOUND, "unknown-in-production", "Not in this production";
    /// This path does not support this method. The Allow header lists the supported ones.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed";
    /// It is in a state in which this cannot be done: a task is already running, has ended, or has not ended yet; an object of a production has others in it, or
    /// is used. `detail` says which.
    WrongState = CONFLICT, "wrong-state", "Wrong state";
    /// Somebody else changed it since the revision that was read. Nothing was changed; read it again, and repeat the change. Of an object of a production
    /// `current` is how it is now, and `changed` names the fields that are different.
    ChangedMeanwhile = CONFLICT, "changed-meanwhile", "Changed meanwhile";
    /// There are too many saved workflows, or too many wildcards. Remove some first.
    LibraryFull = CONFLICT, "library-full", "Library full";
    /// There are too many grids. Remove some first.
    GridsFull = CONFLICT, "grids-full", "Too many grids";
    /// There is no room for more projects, or for more in a project. Remove some first.
    ProductionFull = CONFLICT, "production-full", "No room for more";
    /// The body is larger than is allowed.
    TooLarge = PAYLOAD_TOO_LARGE, "too-large", "Too large";
    /// The body's Content-Type is not one that is understood here, or the file is not of a type that is taken.
    UnsupportedType = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type";
    /// The requested range is not in the file: the Content-Range header has its length.
    NoSuchRange = RANGE_NOT_SATISFIABLE, "range-not-satisfiable", "Range not satisfiable";
    /// The JSON does not match the schema: `errors` lists where. Unknown fields are refused, so that a typing error is not ignored silently.
    InvalidRequest = UNPROCESSABLE_ENTITY, "invalid-request", "Invalid request";
    /// The workflow cannot be run: `nodeErrors` lists ComfyUI's errors by node. No task was made.
    InvalidWorkflow = UNPROCESSABLE_ENTITY, "invalid-workflow", "Invalid workflow";
    /// A term of the search means nothing. `detail` says what to write instead.
    BadSearch = UNPROCESSABLE_ENTITY, "bad-search", "Bad search";
    /// The picture cannot be used: too many pixels, or not readable.
    InvalidImage = UNPROCESSABLE_ENTITY, "invalid-image", "Invalid image";
    /// The metadata of this file cannot be removed: it is of a type for which that is not possible, or damaged, or too large.
    MetadataStays = UNPROCESSABLE_ENTITY, "metadata-stays", "Metadata cannot be removed";
    /// The Idempotency-Key was used with another request. Use a new key for a new request.
    KeyReused = UNPROCESSABLE_ENTITY, "idempotency-key-reused", "Idempotency-Key reused";
    /// There were too many requests. Retry-After has the seconds to wait.
    TooMany = TOO_MANY_REQUESTS, "too-many-requests", "Too many requests";
    /// Something went wrong inside Darkroom, and its log has more.
    Internal = INTERNAL_SERVER_ERROR, "internal", "Internal error";
    /// ComfyUI cannot be reached, or answered what it should not.
    BadGateway = BAD_GATEWAY, "bad-gateway", "ComfyUI cannot be reached";
    /// Several Darkrooms share a database, and the one that carries requests out was lost before it answered: it may have done it. Ask again; with the same
    /// Idempotency-Key nothing is done twice.
    OwnerLost = BAD_GATEWAY, "owner-lost", "Owner lost";
    /// It cannot be done now, and nothing was done. Retry-After has the seconds to wait.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "Unavailable";
    /// Any other error; see the status.
    Other = BAD_REQUEST, "other", "Error";
}
