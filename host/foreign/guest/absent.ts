/** Interfaces of WASI whose resources nobody has: their classes are there, and their functions refuse. */

function refuse(): never {
  // oxlint-disable-next-line typescript/only-throw-error -- the case of the interfaces' own error-codes
  throw 'access-denied'
}

/* oxlint-disable typescript/no-extraneous-class -- the generated code looks for them by name, and nobody has one */

class Descriptor {}
class DirectoryEntryStream {}
class Network {}
class TcpSocket {}
class UdpSocket {}
class IncomingDatagramStream {}
class OutgoingDatagramStream {}
class ResolveAddressStream {}

export const filesystemPreopens = { getDirectories: () => [] }
export const filesystemTypes = { Descriptor, DirectoryEntryStream, filesystemErrorCode: () => undefined }

const instanceNetwork = { instanceNetwork: () => new Network() }
const network = { Network, networkErrorCode: () => undefined }
const ipNameLookup = { ResolveAddressStream, resolveAddresses: refuse }
const tcp = { TcpSocket }
const tcpCreateSocket = { createTcpSocket: refuse }
const udp = { UdpSocket, IncomingDatagramStream, OutgoingDatagramStream }
const udpCreateSocket = { createUdpSocket: refuse }

/** Of wasi:sockets, by their names in JavaScript. */
export type SocketInterfaces = Readonly<
  Record<
    'instanceNetwork' | 'network' | 'ipNameLookup' | 'tcp' | 'tcpCreateSocket' | 'udp' | 'udpCreateSocket',
    object
  >
>

export const sockets: SocketInterfaces = {
  instanceNetwork,
  network,
  ipNameLookup,
  tcp,
  tcpCreateSocket,
  udp,
  udpCreateSocket,
}
