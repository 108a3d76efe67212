global using E2LLM.DataPlane.Receiving;
global using E2LLM.DataPlane.Sending;
