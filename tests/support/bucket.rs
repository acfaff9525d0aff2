//! A real S3 server over a folder: `s3s-fs`.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use darkroom::server::config::{BucketConfig, BucketKeys, MediaPlace, Secret};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

const KEY_ID: &str = "darkroom-test";
/// Must appear in no log.
pub const SECRET: &str = "a-secret-of-the-bucket";

pub struct BucketServer {
    pub addr: SocketAddr,
    pub folder: TempDir,
    wrong: Arc<Mutex<Option<WrongPut>>>,
    job: Option<JoinHandle<()>>,
}

/// How every `PUT` is answered instead of being carried out.
#[derive(Clone, Copy)]
pub enum WrongPut {
    /// As MinIO answers when its disks are full.
    Full,
    /// With success.
    Forgotten,
}

impl WrongPut {
    fn response(self) -> Response {
        match self {
            Self::Full => {
                let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>XMinioStorageFull</Code>\
                    <Message>Storage backend has reached its minimum free drive threshold.</Message></Error>";
                (StatusCode::INSUFFICIENT_STORAGE, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
            }
            Self::Forgotten => (StatusCode::OK, [(header::ETAG, "\"0\"")]).into_response(),
        }
    }
}

impl BucketServer {
    /// With a bucket `pictures`.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("pictures")).expect("a bucket");
        let addr = super::process::free_port().await;
        let mut server = Self { addr, folder, wrong: Arc::default(), job: None };
        server.go_on().await;
        server
    }

    /// Serves (again).
    pub async fn go_on(&mut self) {
        let mut builder = S3ServiceBuilder::new(FileSystem::new(self.folder.path()).expect("a folder"));
        builder.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let service = Arc::new(builder.build());
        let wrong = self.wrong.clone();
        let app = Router::new().fallback(move |request: Request| {
            let service = service.clone();
            let wrong = wrong.lock().expect("no panic").filter(|_| request.method() == Method::PUT);
            async move {
                if let Some(wrong) = wrong {
                    return wrong.response();
                }
                match service.call(request.map(s3s::Body::http_body_unsync)).await {
                    Ok(response) => response.map(Body::new).into_response(),
                    Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
                }
            }
        });
        let listener = TcpListener::bind(self.addr).await.expect("its port");
        self.job = Some(tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") }));
    }

    /// Serves nothing more, and breaks off what is under way.
    pub fn pause(&mut self) {
        if let Some(job) = self.job.take() {
            job.abort();
        }
    }

    /// `None`: every `PUT` is carried out.
    pub fn answer_puts(&self, wrong: Option<WrongPut>) {
        *self.wrong.lock().expect("no panic") = wrong;
    }

    pub fn place(&self, prefix: &str) -> MediaPlace {
        MediaPlace::Bucket(BucketConfig {
            bucket: "pictures".into(),
            prefix: prefix.into(),
            endpoint: Some(format!("http://{}", self.addr).parse().expect("a url")),
            region: "us-east-1".into(),
            keys: Some(BucketKeys { access_key_id: KEY_ID.into(), secret_access_key: Secret::new(SECRET.into()) }),
            virtual_hosted: false,
        })
    }

    /// Names of all objects.
    pub fn objects(&self) -> Vec<String> {
        let bucket: PathBuf = self.folder.path().join("pictures");
        super::media::files(&bucket)
    }
}
