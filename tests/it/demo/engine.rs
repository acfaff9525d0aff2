//! A demo engine for each test, on a free port, in a temporary folder.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use darkroom::demo::{Options, serve};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub struct Engine {
    pub address: String,
    pub dir: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Engine {
    pub async fn start(speed: f64) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("darkroom-demo-{}-{count}", std::process::id()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (stop, stopped) = oneshot::channel();
        let checkpoints = vec!["random-sd15.safetensors".to_owned()];
        let options = Options { dir: dir.clone(), speed, checkpoints, test_nodes: true, ..Options::default() };
        let served = tokio::spawn(serve(listener, options, async {
            let _ = stopped.await;
        }));
        Self { address, dir, stop: Some(stop), served }
    }

    /// Stops it and waits until it has stopped.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        (&mut self.served).await.expect("no panic").expect("served");
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
