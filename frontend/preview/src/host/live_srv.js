// Live channels, as getGrafanaLiveSrv() gives them in Grafana.
import { LoadingState, StreamingDataFrame } from '@grafana/data';
import { Observable, of } from 'rxjs';

/** Grafana Live over server-sent events. */
export class LiveSrv {
  getConnectionState() {
    return of(true);
  }

  getStream({ scope, stream, namespace, path }) {
    return new Observable((subscriber) => {
      const source = new EventSource(`/api/live/sse/${scope}/${stream ?? namespace}/${path}`);
      source.onmessage = (message) => subscriber.next({ type: 'message', message: JSON.parse(message.data) });
      return () => source.close();
    });
  }

  getDataStream({ addr, frame, buffer }) {
    return new Observable((subscriber) => {
      let live = null;
      const push = (packet) => {
        if (live) {
          live.push(packet);
        } else {
          live = StreamingDataFrame.fromDataFrameJSON(packet, { maxLength: 1000, ...buffer });
        }
        const fields = live.fields.map((field) => ({ ...field, values: [...field.values] }));
        subscriber.next({ data: [{ ...live, length: live.length, fields }], key: addr.path, state: LoadingState.Streaming });
      };
      if (frame) {
        push(frame);
      }
      const stream = this.getStream(addr).subscribe((event) => push(event.message));
      return () => stream.unsubscribe();
    });
  }

  getPresence() {
    return Promise.resolve({ users: [] });
  }
  publish() {
    return Promise.reject(new Error('The preview does not publish to channels'));
  }
}
