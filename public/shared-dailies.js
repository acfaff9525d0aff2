// Plays the sheet of a link to dailies: its takes in their order, at the frame rate of the project. It reads the list that the server wrote, and changes nothing.

const FASTEST = 8;
/** A video that is further off than this is set right, in seconds. */
const OFF = 0.25;

const player = document.querySelector('.shared-player');
const shots = [...document.querySelectorAll('.shared-shots > li')].map((item) => ({
  item,
  frames: Number(item.dataset.frames),
  name: item.dataset.name,
}));
if (player && shots.length > 0) start();

function start() {
  const fps = Math.max(Number(player.dataset.fps), 1);
  const frames = shots.reduce((sum, shot) => sum + shot.frames, 0);
  const find = (selector) => player.querySelector(selector);
  const [stage, slider, time, place] = ['.dailies-frame', '.dailies-slider', '.dailies-time', '.shared-place'].map(find);
  const press = Object.fromEntries([...player.querySelectorAll('[data-press]')].map((button) => [button.dataset.press, button]));
  /** `position`: in frames from the beginning; `speed`: 1 is the rate of the project, negative is backwards, 0 stands still. */
  const playback = { position: 0, speed: 0, repeats: false };
  const copies = new Map();
  let shown;

  const frame = () => Math.floor(playback.position);
  /** The shot at a frame, and the frame within it. */
  function at(whole) {
    let rest = whole;
    for (const [index, shot] of shots.entries()) {
      if (rest < shot.frames) return [index, rest];
      rest -= shot.frames;
    }
    return [shots.length - 1, shots[shots.length - 1].frames - 1];
  }
  const begin = (index) => shots.slice(0, index).reduce((sum, shot) => sum + shot.frames, 0);
  function goTo(whole) {
    playback.position = Math.min(Math.max(whole, 0), frames - 1);
    draw();
  }
  function step(by) {
    playback.speed = 0;
    goTo(frame() + by);
  }
  const goBy = (by) => goTo(begin(Math.min(Math.max(at(frame())[0] + by, 0), shots.length - 1)));

  /** The picture of a shot, copied once. */
  function copyOf(index) {
    let copy = copies.get(index);
    if (!copy) {
      copy = shots[index].item.querySelector('.dailies-frame').firstElementChild.cloneNode(true);
      copy.querySelectorAll('img').forEach((image) => {
        image.loading = 'eager';
        image.addEventListener('load', () => setShape(image));
        setShape(image);
      });
      copy.querySelectorAll('video').forEach((video) => {
        video.controls = false;
        video.playsInline = true;
      });
      copies.set(index, copy);
      stage.append(copy);
    }
    return copy;
  }
  /** A small picture fills its place, too. */
  function setShape(image) {
    if (image.naturalHeight > 0) image.style.setProperty('--shape', image.naturalWidth / image.naturalHeight);
  }

  function draw() {
    const [index, within] = at(frame());
    const shot = shots[index];
    if (shown !== index) {
      shown = index;
      // What comes next is loaded by then.
      if (index + 1 < shots.length) copyOf(index + 1);
      copyOf(index);
      for (const [other, copy] of copies) copy.hidden = other !== index;
      for (const [other, { item }] of shots.entries()) mark(item, other === index);
    }
    for (const [other, copy] of copies) copy.querySelectorAll('video').forEach((video) => follow(video, other === index, within / fps));
    const words = `${shot.name}, frame ${within + 1} of ${shot.frames}`;
    slider.value = String(frame());
    slider.setAttribute('aria-valuetext', words);
    place.textContent = playback.speed === 0 || playback.speed === 1 ? words : `${words}, ${playback.speed < 0 ? 'backwards, ' : ''}${Math.abs(playback.speed)} \u00d7`;
    time.textContent = `${timeWords(frame())} / ${timeWords(frames)}`;
    press.play.textContent = playback.speed === 0 ? 'Play' : 'Pause';
  }
  function mark(item, isShown) {
    if (isShown) item.setAttribute('aria-current', 'true');
    else item.removeAttribute('aria-current');
  }
  /** A video plays by itself at the rate of the project, and is set otherwise. */
  function follow(video, isShown, wanted) {
    const plays = isShown && playback.speed === 1;
    if (plays && video.paused) video.play().catch(() => {});
    if (!plays && !video.paused) video.pause();
    if (isShown && Math.abs(video.currentTime - wanted) > (plays ? OFF : 0)) video.currentTime = wanted;
  }
  function timeWords(whole) {
    const rate = Math.max(Math.round(fps), 1);
    const seconds = Math.floor(whole / rate);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}.${String(whole % rate).padStart(2, '0')}`;
  }

  function advance(ms) {
    const position = playback.position + (ms / 1000) * fps * playback.speed;
    if (position >= 0 && position < frames) playback.position = position;
    else if (playback.repeats) playback.position = ((position % frames) + frames) % frames;
    else [playback.position, playback.speed] = [position < 0 ? 0 : frames - 1, 0];
    draw();
  }
  let ticks = 0;
  function play(speed) {
    if (speed === 1 && playback.speed === 0 && frame() + 1 >= frames) playback.position = 0;
    playback.speed = speed;
    draw();
    // Only the last one goes on.
    const own = ++ticks;
    let before = performance.now();
    const tick = (now) => {
      if (own !== ticks || playback.speed === 0) return;
      advance(Math.max(now - before, 0));
      before = now;
      requestAnimationFrame(tick);
    };
    if (speed !== 0) requestAnimationFrame(tick);
  }
  const toggle = () => play(playback.speed === 0 ? 1 : 0);
  const faster = (direction) => play(playback.speed * direction > 0 ? direction * Math.min(Math.abs(playback.speed) * 2, FASTEST) : direction);

  const presses = {
    'shot-before': () => goBy(-1),
    'frame-before': () => step(-1),
    play: toggle,
    'frame-after': () => step(1),
    'shot-after': () => goBy(1),
    repeat: () => {
      playback.repeats = !playback.repeats;
      press.repeat.setAttribute('aria-pressed', String(playback.repeats));
    },
  };
  for (const [name, act] of Object.entries(presses)) press[name].addEventListener('click', act);
  slider.addEventListener('input', () => goTo(Number(slider.value)));
  for (const [index, { item }] of shots.entries()) {
    item.querySelector('[data-press="from-here"]').addEventListener('click', () => {
      goTo(begin(index));
      player.scrollIntoView({ block: 'nearest' });
      press.play.focus({ preventScroll: true });
    });
  }
  window.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onControl = event.target.closest?.('button, a, video, summary');
    const onSlider = event.target === slider;
    const keys = {
      // A button that has the focus is pressed by it.
      ' ': onControl ? undefined : toggle,
      j: () => faster(-1),
      k: () => play(0),
      l: () => faster(1),
      ArrowLeft: event.shiftKey ? () => goBy(-1) : onSlider ? undefined : () => step(-1),
      ArrowRight: event.shiftKey ? () => goBy(1) : onSlider ? undefined : () => step(1),
    };
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
  draw();
}
