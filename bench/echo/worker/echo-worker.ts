/**
 * The runtime's ceiling: as Edgekeeper's Worker, it hands every TCP connection over to a Durable Object, which sends back
 * what it reads. No frames, no state, no storage.
 */
import { DurableObject } from "cloudflare:workers";

interface Env {
  readonly ECHO: DurableObjectNamespace<EchoObject>;
}

export class EchoObject extends DurableObject<Env> {
  override async connect(socket: Socket): Promise<void> {
    const reader = (socket.readable as ReadableStream<Uint8Array>).getReader();
    const writer = (socket.writable as WritableStream<Uint8Array>).getWriter();
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        // Not awaited, as Edgekeeper does not: the reader of these replies is the one whose requests they answer.
        writer.write(read.value).catch(() => {});
      }
      await writer.close();
    } catch {
      // The connection broke, which is one more way for it to end.
    }
  }
}

async function echo(socket: Socket, env: Env): Promise<void> {
  const { remoteAddress } = await socket.opened;
  const inner = env.ECHO.getByName("echo").connect(remoteAddress ?? "0.0.0.0:0");
  await Promise.allSettled([
    socket.readable.pipeTo(inner.writable),
    inner.readable.pipeTo(socket.writable).finally(() => socket.close()),
  ]);
}

export default {
  fetch: () => new Response("ok"),
  connect: echo,
} satisfies ExportedHandler<Env>;
