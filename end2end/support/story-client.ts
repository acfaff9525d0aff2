// A client of /ws/story that sends and understands what the client of STORY-009 does: the same messages with the same members in the same order, the same session
// in localStorage, the same queue while there is no connection, and the same waits. It runs in a page: nothing here refers to anything outside of the class, so that its
// text can be evaluated there.

export type StoryEvent = { type: string; [member: string]: unknown };
export type StoryStatus = 'connecting' | 'connected' | 'reconnecting' | 'disconnected' | 'error' | 'suspended';

export class StoryClient {
  status: StoryStatus = 'disconnected';
  /** Every message of the server, in order. */
  readonly messages: StoryEvent[] = [];
  /** Every message to the server, in order, as text. */
  readonly sent: string[] = [];
  readonly statuses: StoryStatus[] = [];
  readonly nodes: Record<string, Record<string, unknown>> = {};
  readonly agents: Record<string, Record<string, unknown>> = {};
  readonly activeGenerations = new Set<string>();
  sessionId: string | null = null;
  private socket: WebSocket | null = null;
  private reconnectTimer: number | undefined;
  private heartbeatTimer: number | undefined;
  private attempts = 0;
  private lastHeartbeat = 0;
  private readonly queue: unknown[] = [];
  private readonly subscriptions = new Set<string>();
  private readonly listeners = new Map<string, Set<(message: StoryEvent) => void>>();

  constructor(private readonly url: string) {}

  connect() {
    if (this.socket?.readyState === WebSocket.OPEN) return;
    this.loadSession();
    this.show('connecting');
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => this.opened();
    socket.onmessage = (event) => this.receive(JSON.parse(event.data as string) as StoryEvent);
    socket.onerror = () => this.show('error');
    socket.onclose = () => {
      this.show('disconnected');
      clearInterval(this.heartbeatTimer);
      this.scheduleReconnect();
    };
  }

  /** Who disconnects ends the session. */
  disconnect() {
    clearTimeout(this.reconnectTimer);
    clearInterval(this.heartbeatTimer);
    if (this.socket) {
      this.socket.onclose = null;
      this.socket.close();
      this.socket = null;
    }
    localStorage.removeItem('ws-session');
  }

  send(message: unknown) {
    if (this.socket?.readyState !== WebSocket.OPEN) {
      this.queue.push(message);
      return;
    }
    const text = JSON.stringify(message);
    this.sent.push(text);
    this.socket.send(text);
  }

  subscribe(projectId: string) {
    this.subscriptions.add(projectId);
    this.send({ type: 'subscribe', project_id: projectId });
  }

  unsubscribe(projectId: string) {
    this.subscriptions.delete(projectId);
    this.send({ type: 'unsubscribe', project_id: projectId });
  }

  startGeneration(nodeId: string, params: unknown, context?: Record<string, unknown>) {
    this.send({ type: 'start_generation', node_id: nodeId, params, context, timestamp: new Date().toISOString() });
  }

  cancelGeneration(nodeId: string) {
    this.send({ type: 'cancel_generation', node_id: nodeId, timestamp: new Date().toISOString() });
  }

  on(type: string, listener: (message: StoryEvent) => void) {
    const listeners = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  private opened() {
    this.sessionId ??= `ws-${Date.now()}-${Math.random().toString(36).slice(2, 11)}`;
    this.attempts = 0;
    this.lastHeartbeat = Date.now();
    this.show('connected');
    this.send({ type: 'session.init', session_id: this.sessionId, reconnect: localStorage.getItem('ws-session') !== null });
    while (this.queue.length > 0) this.send(this.queue.shift());
    this.subscriptions.forEach((projectId) => this.send({ type: 'subscribe', project_id: projectId }));
    const session = { sessionId: this.sessionId, subscriptions: [...this.subscriptions], timestamp: Date.now() };
    localStorage.setItem('ws-session', JSON.stringify(session));
    this.heartbeatTimer = window.setInterval(() => this.send({ type: 'ping' }), 30_000);
  }

  private receive(message: StoryEvent) {
    this.messages.push(message);
    const node = (more: Record<string, unknown>) => {
      const id = message.node_id as string;
      this.nodes[id] = { ...this.nodes[id], ...more };
    };
    const agent = (more: Record<string, unknown>) => {
      const type = message.agent_type as string;
      this.agents[type] = { ...this.agents[type], ...more };
    };
    switch (message.type) {
      case 'system.heartbeat':
        this.lastHeartbeat = Date.now();
        break;
      case 'node.state_changed': {
        const { status, progress, message: text, error, output_path, thumbnail, takes, current_take } = message;
        this.nodes[message.node_id as string] = { status, progress, message: text, error, output_path, thumbnail, takes, current_take };
        this.activeGenerations[status === 'generating' ? 'add' : 'delete'](message.node_id as string);
        break;
      }
      case 'generation.started':
        this.activeGenerations.add(message.node_id as string);
        node({ status: 'generating', progress: 0, message: 'Starting generation...' });
        break;
      case 'generation.completed': {
        this.activeGenerations.delete(message.node_id as string);
        const { output_path, thumbnail, takes } = message;
        node({ status: 'completed', progress: 100, message: 'Generation complete', output_path, thumbnail, takes });
        break;
      }
      case 'generation.error':
        this.activeGenerations.delete(message.node_id as string);
        node({ status: 'error', error: message.error, message: message.message });
        break;
      case 'agent.assigned':
        agent({ task_id: message.task_id, status: 'working', current_task: message.task_description, progress: 0 });
        break;
      case 'agent.progress':
        agent({ progress: message.progress, current_task: message.current_step, vram_usage: message.vram_usage });
        break;
      case 'agent.completed':
        agent({ status: 'completed', progress: 100 });
        break;
      case 'prompt.composite':
        if (message.node_id) node({ composite_prompt: message.composite_prompt });
        break;
    }
    this.listeners.get(message.type)?.forEach((listener) => listener(message));
  }

  private scheduleReconnect() {
    if (this.reconnectTimer !== undefined) return;
    const isContainerRestart = this.lastHeartbeat > 0 && Date.now() - this.lastHeartbeat > 60_000;
    const delay = isContainerRestart ? 2_000 : Math.min(1_000 * 2 ** this.attempts, 30_000);
    if (!isContainerRestart) this.attempts += 1;
    this.show(isContainerRestart ? 'suspended' : 'reconnecting');
    this.reconnectTimer = window.setTimeout(() => {
      this.reconnectTimer = undefined;
      this.connect();
    }, delay);
  }

  private loadSession() {
    const stored = localStorage.getItem('ws-session');
    if (stored === null) return;
    const session = JSON.parse(stored) as { sessionId: string; subscriptions: string[]; timestamp: number };
    if (Date.now() - session.timestamp < 86_400_000) {
      this.sessionId = session.sessionId;
      session.subscriptions.forEach((projectId) => this.subscriptions.add(projectId));
    }
  }

  private show(status: StoryStatus) {
    this.status = status;
    this.statuses.push(status);
  }
}
