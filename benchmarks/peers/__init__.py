"""How each contender is installed, told to serve `score.py`, started and asked: one small file a server."""

from peers import azureml, bento, fastapi_by_hand, kserve, litserve, mlflow, mlserver

PEERS = (
    azureml.PEER,
    kserve.PEER,
    fastapi_by_hand.PEER,
    fastapi_by_hand.TUTORIAL_PEER,
    mlflow.PEER,
    bento.PEER,
    litserve.PEER,
    mlserver.PEER,
)
