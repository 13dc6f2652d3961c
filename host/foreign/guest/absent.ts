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

export const instanceNetwork = { instanceNetwork: () => new Network() }
export const network = { Network, networkErrorCode: () => undefined }
export const ipNameLookup = { ResolveAddressStream, resolveAddresses: refuse }
export const tcp = { TcpSocket }
export const tcpCreateSocket = { createTcpSocket: refuse }
export const udp = { UdpSocket, IncomingDatagramStream, OutgoingDatagramStream }
export const udpCreateSocket = { createUdpSocket: refuse }
