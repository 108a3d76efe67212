using System.Runtime.CompilerServices;

// Structs from other assemblies are passed as they lie in memory where nothing is marshalled at run time.
[assembly: DisableRuntimeMarshalling]
