"""A peer of Kith's plain dialect. usage: plain_peer.py NAME [ADDRESS] (offline: 127.255.255.255)"""
import json, re, socket, sys, threading, time
name, everyone = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "255.255.255.255"
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for option in socket.SO_REUSEADDR, socket.SO_BROADCAST:  # several share the port; all are told
    sock.setsockopt(socket.SOL_SOCKET, option, 1)
sock.bind(("", 50000))

def say(kind, **more):
    text = json.dumps({"type": kind, "device": name, **more})
    sock.sendto(text.encode(), (everyone, 50000))
    print(f"[{name}] Broadcasted {text}", flush=True)

def listen():
    while True:
        data, address = sock.recvfrom(2048)
        try:  # anyone can send anything to an open port
            message = json.loads(data)
            kind, device, value = message["type"], message["device"], message.get("value")
            if device == name or not re.fullmatch("[A-Za-z0-9_-]{1,63}", device): continue
            if kind == "hello": print(f"[{name}] Hello from {device} @ {address}", flush=True)
            elif kind == "temperature" and -1000 < value < 1000:
                print(f"[{name}] Received temperature from {device}: {value:.1f}°C", flush=True)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError): pass

threading.Thread(target=listen, daemon=True).start()
while True:
    say("hello")
    if "sensor" in name.lower(): say("temperature", value=24.5)
    time.sleep(5)
